// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#ifndef C_SQLITE_SHIM_H
#define C_SQLITE_SHIM_H

#if !__has_include(<sqlite3.h>)
#error "sqlite3.h is missing: FunctionHostSQLite needs SQLite 3.38 or newer. Install libsqlite3-dev (Debian, Ubuntu), sqlite-devel (Fedora, Amazon Linux) or sqlite-dev (Alpine); on macOS it comes with Xcode."
#else
#include <sqlite3.h>
#endif

#endif
