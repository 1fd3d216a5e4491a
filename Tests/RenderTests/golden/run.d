app build.log notes.bak shared: \
 Makefile \
 src/a\ b.c \
 src/a.h

Makefile:

src/a\ b.c:

src/a.h:
