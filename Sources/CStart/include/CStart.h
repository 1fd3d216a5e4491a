#ifndef CSTART_H
#define CSTART_H
/* Linking this target is all: see start.c. */
#endif
