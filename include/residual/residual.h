// Everything: #include <residual/residual.h>
#pragma once

#include "residual/dataset.h"
#include "residual/error.h"
#include "residual/model.h"
#include "residual/network.h"
#include "residual/picture.h"
#include "residual/training.h"
#include "residual/version.h"
