from services.prober.judge.documentation_xml_details import xml_details_of

URL = "https://shop.example.com/soap?wsdl"
WSDL = """<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" name="Defs">
<!-- <wsdl:portType><wsdl:operation name="gone"/></wsdl:portType> -->
<wsdl:portType name="P"><wsdl:operation name="a"><wsdl:input/></wsdl:operation>
<wsdl:operation name="b"/></wsdl:portType>
<wsdl:binding><soap:operation soapAction="x"/><wsdl:operation name="a"/></wsdl:binding>
<wsdl:service name="Orders"><wsdl:port><soap:address location="https://shop.example.com/s?a=1&amp;b=2"/>
</wsdl:port></wsdl:service></wsdl:definitions>"""
WADL = """<application xmlns="http://wadl.dev.java.net/2009/02"><doc title="Shop"/>
<resources base="/rest/"><resource path="a"><method name="GET"/><method name="POST"></method>
</resource></resources><method id="x"/></application>"""


def test_a_wsdl_tells_the_operations_of_its_port_types() -> None:
    details = xml_details_of("wsdl", WSDL, URL, is_whole=True)
    assert details.operations == 2
    assert details.title == "Orders"
    assert details.servers == ("https://shop.example.com/s?a=1&b=2",)


def test_a_wadl_tells_the_methods_of_its_resources() -> None:
    details = xml_details_of("wadl", WADL, URL, is_whole=True)
    assert (details.operations, details.title) == (2, "Shop")
    assert details.servers == ("https://shop.example.com/rest/",)


def test_a_cut_document_tells_no_number() -> None:
    assert xml_details_of("wsdl", WSDL[:400], URL, is_whole=False).operations is None


def test_odata_has_a_name_and_no_number() -> None:
    text = '<edmx:Edmx><EntityContainer Name="Shop"><EntitySet Name="a"/></EntityContainer>'
    details = xml_details_of("odata", text, URL, is_whole=True)
    assert (details.title, details.operations) == ("Shop", None)


def test_comments_without_an_end_cost_little() -> None:
    assert xml_details_of("wsdl", "<!--" * 16_000, URL, is_whole=True).operations == 0
