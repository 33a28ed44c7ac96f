// Everything: #include <residual/residual.h>
#pragma once

#include "residual/choices.h"
#include "residual/classes.h"
#include "residual/compile_observer.h"
#include "residual/dataset.h"
#include "residual/error.h"
#include "residual/export.h"
#include "residual/image.h"
#include "residual/image_files.h"
#include "residual/log.h"
#include "residual/model.h"
#include "residual/network.h"
#include "residual/prediction.h"
#include "residual/predictor.h"
#include "residual/runtime.h"
#include "residual/training.h"
#include "residual/version.h"
