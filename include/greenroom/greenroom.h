/* Everything a C application needs. */
#ifndef GREENROOM_GREENROOM_H
#define GREENROOM_GREENROOM_H

#include <greenroom/account.h>
#include <greenroom/app.h>
#include <greenroom/channel.h>
#include <greenroom/client.h>
#include <greenroom/green.h>
#include <greenroom/log.h>
#include <greenroom/metrics.h>
#include <greenroom/mule.h>
#include <greenroom/request.h>
#include <greenroom/response.h>
#include <greenroom/scope.h>
#include <greenroom/stream.h>
#include <greenroom/tls.h>

#endif
