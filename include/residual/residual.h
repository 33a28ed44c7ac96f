// Everything: #include <residual/residual.h>
#pragma once

#include "residual/choices.h"
#include "residual/dataset.h"
#include "residual/error.h"
#include "residual/image.h"
#include "residual/model.h"
#include "residual/network.h"
#include "residual/training.h"
#include "residual/version.h"
