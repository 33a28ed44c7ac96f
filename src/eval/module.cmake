target_link_libraries(${module} PRIVATE residual-utf8proc)
embed(${module} eval/imagenet/classes_text.h residual::eval kImagenetClasses ${CMAKE_CURRENT_LIST_DIR}/imagenet/classes.txt)
