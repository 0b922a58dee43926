"""What is kept of a PDF (ISO 32000-2): for each kind of dictionary its keys, and of which kind is what they hold.

Without what describes the file and its maker: information, metadata, comments, articles, alternate texts, files and programs inside.
Whatever is not here is not kept.
"""

VALUE = "value"
"""Numbers, names, strings, and lists of them: nothing that is a dictionary of its own."""
WORDS, COLOUR = "words", "colour"
"""The same, where a reader sees the strings; where they are tables of numbers."""
PAGE_OR_PAGES, PAGE, ACTION, NOTES, DEST, SEEN, STATES = "pages", "page", "action", "notes", "dest", "seen", "states"
"""Kinds that ask for more: a node of the tree of pages; one of its pages; what a link does; comments, links and fields; a place to go to;
what was met before; the appearances of a field."""
ANY_NAME = "*"

_STREAM = "Length Filter DecodeParms:parameters DL"
_FUNCTION = "FunctionType Domain Range Size BitsPerSample Order Encode Decode C0 C1 N Functions:function Bounds"
_TABLES = {
    "catalog": "Version Pages:pages PageLabels:labels Names:names Dests:places ViewerPreferences:viewer PageLayout PageMode "
    "Outlines:outline AcroForm:form StructTreeRoot:structure MarkInfo:marks Lang OCProperties:layers Extensions:extensions "
    "OutputIntents:intent",
    "extensions": "*:extension",
    "extension": "BaseVersion ExtensionLevel",
    "intent": "S OutputConditionIdentifier RegistryName DestOutputProfile:colour",
    "viewer": "HideToolbar HideMenubar HideWindowUI FitWindow CenterWindow DisplayDocTitle NonFullScreenPageMode Direction ViewArea ViewClip "
    "PrintArea PrintClip PrintScaling Duplex PickTrayByPDFSize PrintPageRange NumCopies Enforce",
    "marks": "Marked UserProperties Suspects",
    "nodes": "Kids:pages Count Parent:pages Resources:resources MediaBox CropBox Rotate",
    "leaf": "Parent:pages Resources:resources MediaBox CropBox BleedBox TrimBox ArtBox UserUnit Rotate Contents:stream Group:group "
    "Annots:notes Tabs StructParents Dur Trans:transition",
    "transition": "S D Dm M Di SS B",
    "labels": "Kids:labels Nums:label Limits",
    "label": "S P St",
    "names": "Dests:destinations",
    "destinations": "Kids:destinations Names:dest Limits",
    "places": "*:dest",
    "place": "D:dest",
    "outline": "First:outline Last:outline Count Title:words Parent:outline Prev:outline Next:outline Dest:dest A:action C F SE:element",
    "link": "S D:dest N",
    "link-out": "S URI IsMap",
    # What is drawn.
    "stream": "",
    "glyph": "",
    "marked": "Subtype MCID ActualText Lang BBox Attached",
    "inline": "Width Height BitsPerComponent ColorSpace:colour Decode DecodeParms:parameters Filter ImageMask Intent Interpolate Length",
    "parameters": "Name Predictor Colors BitsPerComponent Columns EarlyChange K EndOfLine EncodedByteAlign Rows EndOfBlock BlackIs1 "
    "DamagedRowsBeforeError JBIG2Globals:stream ColorTransform",
    "resources": "ExtGState:states-of-drawing ColorSpace:colours Pattern:patterns Shading:shadings XObject:drawings Font:fonts ProcSet "
    "Properties:properties Encoding:encodings",
    "encodings": "*:encoding",
    "states-of-drawing": "*:state-of-drawing",
    "state-of-drawing": "LW LC LJ ML D RI OP op OPM Font:font BG:function BG2:function UCR:function UCR2:function TR:function TR2:function "
    "FL SM SA BM SMask:soft-mask CA ca AIS TK UseBlackPtComp",
    "soft-mask": "S G:drawing BC TR:function",
    "colours": "*:colour",
    "colour": f"Alternate:colour WhitePoint BlackPoint Gamma Matrix Subtype Colorants:colours Process:process MixingHints:mixing {_FUNCTION}",
    "process": "ColorSpace:colour Components",
    "mixing": "Solidities:values PrintingOrder DotGain:functions",
    "values": "*",
    "functions": "*:function",
    "function": _FUNCTION,
    "patterns": "*:pattern",
    "pattern": "PatternType PaintType TilingType BBox XStep YStep Resources:resources Matrix Shading:shading ExtGState:state-of-drawing",
    "shadings": "*:shading",
    "shading": "ShadingType ColorSpace:colour Background BBox AntiAlias Function:function Domain Matrix Coords Extend BitsPerCoordinate "
    "BitsPerComponent BitsPerFlag Decode VerticesPerRow",
    "drawings": "*:drawing",
    "drawing": "Subtype Name OC:property StructParent StructParents Width Height ColorSpace:colour BitsPerComponent Intent ImageMask "
    "Mask:drawing Decode Interpolate SMask:drawing SMaskInData Matte FormType BBox Matrix Resources:resources Group:group",
    "group": "S CS:colour I K",
    "fonts": "*:font",
    "font": "Subtype Name BaseFont FirstChar LastChar Widths FontDescriptor:font-descriptor Encoding:encoding ToUnicode:encoding "
    "DescendantFonts:font CIDSystemInfo:system DW W DW2 W2 CIDToGIDMap:stream FontBBox FontMatrix CharProcs:glyphs Resources:resources",
    "font-descriptor": "FontName FontFamily FontStretch FontWeight Flags FontBBox ItalicAngle Ascent Descent Leading CapHeight XHeight "
    "StemV StemH AvgWidth MaxWidth MissingWidth FontFile:font-file FontFile2:font-file FontFile3:font-file CharSet CIDSet:stream Style:style "
    "Lang FD:font-descriptors",
    "font-descriptors": "*:font-descriptor",
    "font-file": "Length1 Length2 Length3 Subtype",
    "style": "Panose",
    "encoding": "BaseEncoding Differences CMapName CIDSystemInfo:system WMode UseCMap:encoding",
    "system": "Registry Ordering Supplement",
    "glyphs": "*:glyph",
    # Layers.
    "properties": "*:property",
    "property": "Name:words Intent Usage:usage OCGs:property P VE:property MCID ActualText Lang",
    "usage": "View:usage-of-one Print:usage-of-one Export:usage-of-one Zoom:usage-of-one PageElement:usage-of-one",
    "usage-of-one": "ViewState PrintState ExportState Subtype min max",
    "layers": "OCGs:property D:layers-shown Configs:layers-shown",
    "layers-shown": "BaseState ON:property OFF:property Intent AS:layers-switched Order:property ListMode RBGroups:property Locked:property",
    "layers-switched": "Event OCGs:property Category",
    # Links and forms.
    "note": "Subtype Rect Border C Dest:dest A:action H QuadPoints F BS:border AP:appearance AS StructParent P:page OC:property",
    "field": "Subtype Rect Border C H F BS:border AP:appearance AS StructParent P:page OC:property MK:look FT Kids:field Parent:field T Ff V:words "
    "DV:words DA Q DR:resources Opt:words MaxLen I TI",
    "border": "W S D",
    "look": "R BC BG CA:words RC:words AC:words I:drawing RI:drawing IX:drawing IF:fit TP",
    "fit": "SW S A FB",
    "appearance": "N:states R:states D:states",
    "appearances": "*:drawing",
    "form": "Fields:field NeedAppearances DA Q DR:resources",
    # What is read aloud.
    "structure": "K:element ParentTree:parents ParentTreeNextKey RoleMap:values ClassMap:classes",
    "parents": "Kids:parents Nums:element Limits",
    "classes": "*:attributes",
    "element": "S P:element Pg:page K:element A:attributes C R Lang ActualText MCID Stm:seen StmOwn:seen Obj:seen",
    "attributes": "O Placement WritingMode BackgroundColor BorderColor BorderStyle BorderThickness Padding Color SpaceBefore SpaceAfter "
    "StartIndent EndIndent TextIndent TextAlign BBox Width Height BlockAlign InlineAlign TBorderStyle TPadding BaselineShift LineHeight "
    "TextDecorationColor TextDecorationThickness TextDecorationType RubyAlign RubyPosition GlyphOrientationVertical ColumnCount ColumnGap "
    "ColumnWidths ListNumbering RowSpan ColSpan Scope Role Checked",
}  # fmt: skip


def _keys(table: str) -> dict[str, str]:
    pairs = (word.partition(":") for word in table.split())
    return {"/Type": VALUE} | {key if key == ANY_NAME else f"/{key}": kind or VALUE for key, _, kind in pairs}


KEPT = {kind: _keys(table) for kind, table in _TABLES.items()}
"""Of each kind, the keys as they are written, and the kind of what each holds. Any may say its type."""
OF_STREAMS = _keys(_STREAM)
"""On every stream beside those of its kind."""
