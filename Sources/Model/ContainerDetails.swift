/// What a container's runtime says about it, in its files or over its socket; absent where it says nothing.
package struct ContainerDetails: Hashable, Sendable {
    /// A container that its path alone does not give away, such as `/default/web` of `ctr`.
    package struct Place: Hashable, Sendable {
        package var id: ByteString
        /// How many directories of the path lead to it, its own included.
        package var depth: Int

        package init(id: ByteString, depth: Int) { (self.id, self.depth) = (id, depth) }
    }

    package var place: Place?
    package var runtime: String?
    package var name: ByteString?
    package var image: ByteString?
    package var podUID: ByteString?
    package var podName: ByteString?
    package var podNamespace: ByteString?

    package init(runtime: String? = nil, name: ByteString? = nil, image: ByteString? = nil) {
        (self.runtime, self.name, self.image) = (runtime, name, image)
    }
}
