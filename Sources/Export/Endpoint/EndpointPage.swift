import CPage
import Model

/// The files of the live page, out of the program itself.
enum EndpointPage {
    static func answer(_ resource: EndpointResource) -> EndpointAnswer? {
        switch resource {
        case .page: html
        case .style: css
        case .script: js
        default: nil
        }
    }

    private static let html = answer(ot_page_html, "text/html; charset=utf-8")
    private static let css = answer(ot_page_css, "text/css; charset=utf-8")
    private static let js = answer(ot_page_js, "text/javascript; charset=utf-8")

    private static func answer(_ file: ot_page_file, _ contentType: String) -> EndpointAnswer {
        EndpointAnswer(
            contentType: contentType, body: Array(UnsafeBufferPointer(start: file.bytes, count: file.length)))
    }
}
