/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef OTHER_FILE_H
#define OTHER_FILE_H

#ifdef __cplusplus
extern "C" {
#endif

/* A section within one of the caller, if that has one */
void inner_section(void);

/* A section that the caller ends */
void begin_section(void);

#ifdef __cplusplus
}
#endif

#endif /* OTHER_FILE_H */
