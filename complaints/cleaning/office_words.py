"""What is kept of the vocabularies of Office (ECMA-376 part 1, and of Word's shapes and VML): elements, and what may stand on them.

The words are the standard's own, without those for comments, changes, people, programs, printers, other files, and what an application
remembers for itself. Whatever is not here is not kept.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Of one namespace: its elements, the attributes that may stand on any of them, and those that may stand on one alone."""

    namespace: str
    elements: str
    attributes: str = ""
    on_one: str = ""
    """As `element@attribute`."""
    qualified: bool = False
    """Whether the attributes bear the namespace as well."""


RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_XML = "http://www.w3.org/XML/1998/namespace"
_ON_ANY = frozenset(
    {
        f"{{{_XML}}}space",
        *(f"{{{RELATIONS}}}{name}" for name in ("id", "embed", "pict", "dm", "lo", "qs", "cs", "blip")),
    }
)

VOCABULARY = {
    "w": Words(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        """
            abstractNum abstractNumId adjustLineHeightInTable adjustRightInd alignBordersAndEdges alignTablesRowByRow
            allowSpaceOfSameStyleInTable altName applyBreakingRules autoHyphenation autoRedefine autoSpaceDE autoSpaceDN autoSpaceLikeWord95
            autofitToFirstFixedWidthCell b bCs background balanceSingleByteDoubleByteWidth bar basedOn bdo bdr between bidi bidiVisual body
            bookFoldPrinting bookFoldPrintingSheets bookFoldRevPrinting bookmarkEnd bookmarkStart bordersDoNotSurroundFooter
            bordersDoNotSurroundHeader bottom br cachedColBalance cantSplit caps characterSpacingControl charset checkBox checked
            clrSchemeMapping cnfStyle col color cols compat compatSetting consecutiveHyphenLimit contextualSpacing continuationSeparator
            convMailMergeEsc cr cs dayLong dayShort ddList decimalSymbol default defaultTabStop dir displayBackgroundShape
            displayHangulFixedWidth doNotAutofitConstrainedTables doNotBreakConstrainedForcedTable doNotBreakWrappedTables
            doNotExpandShiftReturn doNotHyphenateCaps doNotLeaveBackslashAlone doNotSnapToGridInCell doNotSuppressBlankLines
            doNotSuppressIndentation doNotSuppressParagraphBorders doNotUseEastAsianBreakRules doNotUseHTMLParagraphAutoSpacing
            doNotUseIndentAsNumberingTabStop doNotVertAlignCellWithSp doNotVertAlignInTxbx doNotWrapTextWithPunct docDefaults docGrid
            document drawing dstrike eastAsianLayout effect em embedBold embedBoldItalic embedItalic embedRegular emboss enabled end endnote
            endnotePr endnoteRef endnoteReference endnotes evenAndOddHeaders family ffData fitText flatBorders fldChar fldSimple font fonts
            footerReference footnote footnoteLayoutLikeWW8 footnotePr footnoteRef footnoteReference footnotes forgetLastTabAlignment
            formProt framePr ftr gridAfter gridBefore gridCol gridSpan growAutofit gutterAtTop hMerge hdr headerReference hidden hideMark
            highlight hps hpsBaseText hpsRaise hyperlink hyphenationZone i iCs id ilvl imprint ind insideH insideV instrText isLgl jc
            keepLines keepNext kern kinsoku lang lastRenderedPageBreak layoutRawTableWidth layoutTableRowsApart left legacy
            lineWrapLikeWord6 link listEntry listSeparator lnNumType lvl lvlJc lvlOverride lvlPicBulletId lvlRestart lvlText mirrorIndents
            mirrorMargins monthLong monthShort multiLevelType mwSmallCaps name next noBorder noBreakHyphen noColumnBalance noEndnote
            noExtraLineSpacing noLeading noLineBreaksAfter noLineBreaksBefore noProof noPunctuationKerning noSpaceRaiseLower noTabHangInd
            noWrap notTrueType num numFmt numId numPicBullet numPr numRestart numStart numStyleLink numbering oMath outline outlineLvl
            overflowPunct p pBdr pPr pPrDefault pStyle pageBreakBefore panose1 paperSrc pgBorders pgMar pgNum pgNumType pgSz pict pitch pos
            position printBodyTextBeforeHeader printColBlack printTwoOnOne ptab qFormat r rFonts rPr rPrDefault rStyle result right rt rtl
            rtlGutter ruby rubyAlign rubyBase rubyPr sdt sdtContent sectPr selectFldWithFirstOrLastChar semiHidden separator settings shadow
            shapeLayoutLikeWW8 shd showBreaksInFrames sig size smallCaps snapToGrid softHyphen spaceForUL spacing spacingInWholePoints
            specVanish splitPgBreakAndParaMark start startOverride strictFirstAndLastChars strike style styleLink styles subFontBySize suff
            suppressAutoHyphens suppressBottomSpacing suppressLineNumbers suppressOverlap suppressSpBfAfterPgBrk suppressSpacingAtTopOfPage
            suppressTopSpacing suppressTopSpacingWP swapBordersFacingPages sym sz szCs t tab tabs tbl tblBorders tblCellMar tblCellSpacing
            tblGrid tblHeader tblInd tblLayout tblLook tblOverlap tblPr tblPrEx tblStyle tblStyleColBandSize tblStylePr tblStyleRowBandSize
            tblW tblpPr tc tcBorders tcFitText tcMar tcPr tcW textAlignment textDirection textboxTightWrap themeFontLang titlePg tl2br top
            topLinePunct tr tr2bl trHeight trPr truncateFontHeightsLikeWP6 txbxContent type u uiPriority ulTrailSpace underlineTabInNumList
            unhideWhenUsed useAltKinsokuLineBreakRules useAnsiKerningPairs useFELayout useNormalStyleForList usePrinterMetrics
            useSingleBorderforContiguousCells useWord2002TableStyleRules useWord97LineBreakRules vAlign vMerge vanish vertAlign w wAfter
            wBefore webHidden widowControl wordWrap wpJustification wpSpaceWidth wrapTrailSpaces yearLong yearShort
        """,
        """
            abstractNumId accent1 accent2 accent3 accent4 accent5 accent6 after afterAutospacing afterLines alignment anchor anchorLock
            ascii asciiTheme before beforeAutospacing beforeLines bg1 bg2 bidi bottom bottomFromText chapSep chapStyle char charSpace
            characterSet clear code colFirst colLast color combine combineBrackets conformance countBy cs csb0 csb1 cstheme
            customMarkFollows customStyle decorated default dirty displacedByCustomXml display distance dropCap durableId eastAsia
            eastAsiaTheme end endChars equalWidth evenHBand evenVBand fill first firstColumn firstLine firstLineChars firstRow
            firstRowFirstColumn firstRowLastColumn fldCharType fldLock fmt followedHyperlink font fontKey footer format frame gutter h
            hAnchor hAnsi hAnsiTheme hRule hSpace hanging hangingChars header hint history horzAnchor hyperlink id ilvl instr lang
            lastColumn lastRow lastRowFirstColumn lastRowLastColumn leader left leftChars leftFromText legacy legacyIndent legacySpace line
            linePitch lineRule lines noHBand noVBand null num numId numPicBulletId oddHBand oddVBand offsetFrom orient other pos relativeTo
            restart right rightChars rightFromText sep shadow space start startChars styleId subsetted sz t1 t2 tblpX tblpXSpec tblpY
            tblpYSpec tentative themeColor themeFill themeFillShade themeFillTint themeShade themeTint top topFromText tplc type uri usb0
            usb1 usb2 usb3 vAnchor vSpace val vert vertAnchor vertCompress w wrap x xAlign y yAlign zOrder
        """,
        """
            bookmarkStart@name font@name compatSetting@name
        """,
        qualified=True,
    ),
    "x": Words(
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        """
            alignment autoFilter b bgColor bookViews border borders bottom brk c calcPr calculatedColumnFormula cellStyle cellStyleXfs
            cellStyles cellXfs cfRule cfvo charset chartsheet col colBreaks color colorFilter colorScale colors cols condense
            conditionalFormatting customFilter customFilters dataBar dataValidation dataValidations dateGroupItem definedName definedNames
            diagonal dimension drawing dxf dxfs dynamicFilter end evenFooter evenHeader extend externalBook externalLink externalReference
            externalReferences f family fgColor fill fills filter filterColumn filters firstFooter firstHeader font fonts formula formula1
            formula2 gradientFill headerFooter horizontal hyperlink hyperlinks i iconFilter iconSet ignoredError ignoredErrors indexedColors
            is left mergeCell mergeCells mruColors name numFmt numFmts oddFooter oddHeader outline outlinePr pageMargins pageSetUpPr
            pageSetup pane patternFill phoneticPr picture printOptions protection r rFont rPh rPr rgbColor right row rowBreaks scheme
            selection shadow sheet sheetCalcPr sheetData sheetFormatPr sheetName sheetNames sheetPr sheetView sheetViews sheets si
            sortCondition sortState sst start stop strike styleSheet sz t tabColor table tableColumn tableColumns tablePart tableParts
            tableStyle tableStyleElement tableStyleInfo tableStyles top top10 totalsRowFormula u v vertAlign vertical workbook workbookPr
            workbookView worksheet xf
        """,
        """
            a aboveAverage aca activeCell activeCellId activePane activeTab alignWithMargins alignment allowBlank and applyAlignment
            applyBorder applyFill applyFont applyNumberFormat applyProtection applyStyles array auto autoFilterDateGrouping autoPageBreaks b
            baseColWidth bc bestFit blackAndWhite blank borderId bottom builtinId bx ca calcCompleted calcId calcMode calcOnSave
            calculatedColumn calendarType caseSensitive cellColor cellComments checkCompatibility colId collapsed colorId columnSort
            concurrentCalc concurrentManualCount conformance copies count cp ct customBuiltin customFormat customHeight customList
            customWidth dataCellStyle dataDxfId date1904 dateCompatibility dateTimeGrouping day defaultColWidth defaultGridColor
            defaultPivotStyle defaultRowHeight defaultTableStyle defaultThemeVersion degree del1 del2 descending diagonalDown diagonalUp
            differentFirst differentOddEven disablePrompts displayName draft dt2D dtr dxfId eb emptyCellReference
            enableFormatConditionsCalculation equalAverage error errorStyle errorTitle errors evalError evalOrder f fc fi fillId filterMode
            filterVal firstPageNumber firstSheet fitToHeight fitToPage fitToWidth fontId footer forceFullCalc formatCode formula
            formulaRange fullCalcOnLoad fullPrecision function gridLines gridLinesSet gte header headerRowBorderDxfId headerRowCellStyle
            headerRowCount headerRowDxfId headings hidden hiddenButton horizontal horizontalCentered horizontalDpi hour ht i iLevel iconId
            iconSet imeMode indent indexed insertRow insertRowShift iterate iterateCount iterateDelta justifyLastLine l left
            listDataValidation localSheetId location locked man manualBreakCount max maxLength maxVal maxValIso mergeCell min minLength
            minimized minute month mpFld numFmtId numberStoredAsText operator orientation outline outlineLevel outlineLevelCol
            outlineLevelRow pageOrder pane paperSize patternType percent ph phonetic pivot pivotButton position priority prompt promptTitle
            pt quotePrefix r r1 r2 rank readingOrder ref refMode relativeIndent reverse rgb right rightToLeft s sb scale scaleWithDoc second
            sheetId showBorderUnselectedTables showButton showColumnStripes showDropDown showErrorMessage showFirstColumn showFormulas
            showGridLines showHorizontalScroll showInkAnnotation showInputMessage showLastColumn showObjects showOutlineSymbols
            showRowColHeaders showRowStripes showRuler showSheetTabs showValue showVerticalScroll showWhiteSpace showZeros shrinkToFit si
            size sortBy sortMethod spans sqref st state stdDev stopIfTrue style summaryBelow summaryRight syncHorizontal syncRef
            syncVertical t tabRatio tabSelected table tableBorderDxfId text textRotation theme thickBot thickBottom thickTop timePeriod tint
            top topLeftCell totalsRowBorderDxfId totalsRowCellStyle totalsRowCount totalsRowDxfId totalsRowFunction totalsRowLabel
            totalsRowShown transitionEntry transitionEvaluation twoDigitTextYear type u uniqueCount unlockedFormula updateLinks
            useFirstPageNumber usePrinterDefaults v val valIso vertical verticalCentered verticalDpi view visibility width windowHeight
            windowProtection windowWidth workbookViewId wrapText xSplit xWindow xfId xlm ySplit yWindow year zeroHeight zoomScale
            zoomScaleNormal zoomScalePageLayoutView zoomScaleSheetLayoutView zoomToFit
        """,
        """
            cellStyle@name definedName@name sheet@name table@name tableColumn@name tableStyle@name tableStyleInfo@name table@id
            tableColumn@id brk@id
        """,
    ),
    "p": Words(
        "http://schemas.openxmlformats.org/presentationml/2006/main",
        """
            anim animClr animEffect animMotion animRot animScale attrName attrNameLst bg bgPr bgRef bldAsOne bldDgm bldGraphic bldLst
            bldOleChart bldP bldSub blinds blipFill bodyStyle bold boldItalic boolVal browse by cBhvr cNvCxnSpPr cNvGraphicFramePr
            cNvGrpSpPr cNvPicPr cNvPr cNvSpPr cSld cTn charRg checker childTnLst circle clrMap clrMapOvr clrMru clrVal cmd comb cond cover
            custShow custShowLst cut cxnSp defaultTextStyle diamond dissolve embeddedFont embeddedFontLst endCondLst endSync excl fade
            fltVal font from graphicEl graphicFrame grpSp grpSpPr handoutMaster handoutMasterId handoutMasterIdLst hf hsl intVal italic
            iterate kinsoku kiosk newsflash nextCondLst notes notesMaster notesMasterId notesMasterIdLst notesStyle notesSz nvCxnSpPr
            nvGraphicFramePr nvGrpSpPr nvPicPr nvPr nvSpPr otherStyle pRg par penClr ph pic plus present presentation presentationPr
            prevCondLst prnPr progress pull push rCtr random randomBar regular rgb rtn seq set showPr sld sldAll sldId sldIdLst sldLayout
            sldLayoutId sldLayoutIdLst sldLst sldMaster sldMasterId sldMasterIdLst sldRg sldSz sldTgt sp spPr spTgt spTree split stCondLst
            strVal strips style subSp subTnLst tav tavLst tgtEl timing titleStyle tmAbs tmPct tmpl tmplLst tn tnLst to transition txBody
            txEl txStyles val viewPr wedge wheel wipe xfrm zoom
        """,
        """
            accel accent1 accent2 accent3 accent4 accent5 accent6 accumulate additive advAuto advClick advTm afterEffect animBg autoRev
            autoUpdateAnimBg b backwards bg1 bg2 bld bldLvl build bwMode by calcmode charset clrMode clrSpc collapse compatMode concurrent
            conformance cx cy decel delay dir display dpi dt dur embedTrueTypeFonts end evt evtFilter fill filter firstSlideNum flipH flipV
            fmla folHlink frameSlides from ftr g grpId h hasCustomPrompt hdr hidden hiddenSlides hlink idx invalEndChars invalStChars
            isPhoto l lang lastView loop lvl masterRel nextAc nodePh nodeType orient origin override panose path pathEditMode pitchFamily
            prLst preferRelativeResize preserve presetClass presetID presetSubtype prevAc prnWhat ptsTypes r rAng rctx repeatCount repeatDur
            restart rev rot rotWithShape rtl s saveSubsetFonts scaleToFitPaper shadeToTitle show showAnimation showComments showMasterPhAnim
            showMasterSp showNarration showScrollbar showSpecialPlsOnTitleSld sldNum spd spid spokes st strictFirstAndLastChars syncBehavior
            sz thruBlk tm tmFilter to transition tx1 tx2 txBox type typeface uiExpand useBgFill useTimings userDrawn val valueType x
            xfrmType y zoomContents
        """,
        """
            cNvPr@name custShow@name custShow@id cTn@id sldId@id sldMasterId@id sldLayoutId@id cNvPr@id
        """,
    ),
    "a": Words(
        "http://schemas.openxmlformats.org/drawingml/2006/main",
        """
            accent1 accent2 accent3 accent4 accent5 accent6 ahLst ahPolar ahXY alpha alphaBiLevel alphaCeiling alphaFloor alphaInv alphaMod
            alphaModFix alphaOff alphaOutset alphaRepl anchor arcTo avLst backdrop band1H band1V band2H band2V bevel bevelB bevelT bgClr
            bgFillStyleLst biLevel bldChart bldDgm blend blip blipFill blue blueMod blueOff blur bodyPr bottom br buAutoNum buBlip buChar
            buClr buClrTx buFont buFontTx buNone buSzPct buSzPts buSzTx cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr
            camera cell3D chExt chOff chart close clrChange clrFrom clrMap clrRepl clrScheme clrTo comp cont contourClr cs cubicBezTo
            custClr custClrLst custDash custGeom cxn cxnLst cxnSp cxnSpLocks defPPr defRPr dgm dk1 dk2 ds duotone ea effect effectDag
            effectLst effectRef effectStyle effectStyleLst endCxn endParaRPr ext extraClrScheme extraClrSchemeLst extrusionClr fgClr fill
            fillOverlay fillRect fillRef fillStyleLst fillToRect firstCol firstRow flatTx fld fmtScheme folHlink font fontRef fontScheme
            gamma gd gdLst glow gradFill graphic graphicData graphicFrame graphicFrameLocks gray grayscl green greenMod greenOff gridCol
            grpFill grpSp grpSpLocks grpSpPr gs gsLst headEnd highlight hlink hlinkClick hlinkHover hlinkMouseOver hsl hslClr hue hueMod
            hueOff innerShdw insideH insideV inv invGamma lastCol lastRow latin left lightRig lin ln lnB lnBlToTr lnDef lnL lnR lnRef lnSpc
            lnStyleLst lnT lnTlToBr lnTo lstStyle lt1 lt2 lum lumMod lumOff lvl1pPr lvl2pPr lvl3pPr lvl4pPr lvl5pPr lvl6pPr lvl7pPr lvl8pPr
            lvl9pPr majorFont masterClrMapping minorFont miter moveTo neCell noAutofit noFill norm normAutofit nvCxnSpPr nvGraphicFramePr
            nvGrpSpPr nvPicPr nvSpPr nwCell objectDefaults off outerShdw overrideClrMapping p pPr path pathLst pattFill pic picLocks pos
            prstClr prstDash prstGeom prstShdw prstTxWarp pt quadBezTo r rPr rect red redMod redOff reflection relOff right rot round rtl
            sat satMod satOff scene3d schemeClr scrgbClr seCell shade softEdge solidFill sp sp3d spAutoFit spDef spLocks spPr spcAft spcBef
            spcPct spcPts srcRect srgbClr stCxn stretch style swCell sx sy sym sysClr t tab tabLst tableStyle tableStyleId tailEnd tbl tblBg
            tblGrid tblPr tblStyle tblStyleLst tc tcBdr tcPr tcStyle tcTxStyle theme themeElements themeOverride tile tileRect tint tl2br
            top tr tr2bl txBody txDef txSp uFill uFillTx uLn uLnTx up useSpRect wholeTbl xfrm
        """,
        """
            a accent1 accent2 accent3 accent4 accent5 accent6 algn altLang amt anchor anchorCtr ang animBg b bIns bandCol bandRow baseline
            bg1 bg2 bld bldStep blend blurRad bright bwMode cap categoryIdx char charset cmpd compatLnSpc contourW contrast cstate cx cy d
            def defTabSz dir dist dpi dx dy dz eaLnBrk endA endPos extrusionH extrusionOk fadeDir fill firstCol firstRow flip flipH flipV
            fmla folHlink fontAlgn fontScale forceAA fov fromWordArt g gdRefAng gdRefR gdRefX gdRefY gridSpan grow h hMerge hR hangingPunct
            hidden highlightClick history hlink horzOverflow hue i idx indent kern kumimoji kx ky l lIns lang lastClr lastCol lastRow lat
            latinLnBrk len lim lnSpcReduction lon lum lvl marB marL marR marT maxAng maxR maxX maxY minAng minR minX minY n noAdjustHandles
            noChangeArrowheads noChangeAspect noChangeShapeType noCrop noDrilldown noEditPoints noGrp noMove noProof noResize noRot noSelect
            noTextEdit noUngrp normalizeH numCol panose path pitchFamily pos preferRelativeResize prst prstMaterial r rIns rad rev rig rot
            rotWithShape rowSpan rtl rtlCol sat scaled script seriesIdx sp spc spcCol spcFirstLastPara stA stAng stPos startAt strike stroke
            styleId styleName swAng sx sy sz t tIns thresh tx tx1 tx2 txBox ty type typeface u upright uri useA vMerge val vert vertOverflow
            w wR wrap x y z zoom
        """,
        """
            theme@name clrScheme@name cont@name effectDag@name fmtScheme@name fontScheme@name gd@name cNvPr@name cNvPr@id fld@id stCxn@id
            endCxn@id effect@ref hlinkClick@action hlinkHover@action hlinkMouseOver@action dgm@id
        """,
    ),
    "c": Words(
        "http://schemas.openxmlformats.org/drawingml/2006/chart",
        """
            applyToEnd applyToFront applyToSides area3DChart areaChart auto autoTitleDeleted autoUpdate axId axPos backWall backward bandFmt
            bandFmts bar3DChart barChart barDir baseTimeUnit bubble3D bubbleChart bubbleScale bubbleSize builtInUnit cat catAx chart
            chartSpace clrMapOvr crossAx crossBetween crosses crossesAt custSplit custUnit dLbl dLblPos dLbls dPt dTable date1904 dateAx
            delete depthPercent dispBlanksAs dispEq dispRSqr dispUnits dispUnitsLbl doughnutChart downBars dropLines errBarType errBars
            errDir errValType evenFooter evenHeader explosion f firstFooter firstHeader firstSliceAng floor formatCode forward gapDepth
            gapWidth grouping h hMode hPercent headerFooter hiLowLines holeSize idx intercept invertIfNegative lang layout layoutTarget
            lblAlgn lblOffset leaderLines legend legendEntry legendPos line3DChart lineChart logBase lvl majorGridlines majorTickMark
            majorTimeUnit majorUnit manualLayout marker max min minorGridlines minorTickMark minorTimeUnit minorUnit minus multiLvlStrCache
            multiLvlStrRef name noEndCap noMultiLvlLbl numCache numFmt numLit numRef oddFooter oddHeader ofPieChart ofPieType order
            orientation overlap overlay pageMargins pageSetup period perspective pictureFormat pictureOptions pictureStackUnit pie3DChart
            pieChart plotArea plotVisOnly plus printSettings pt ptCount rAngAx radarChart radarStyle rich rotX rotY roundedCorners scaling
            scatterChart scatterStyle secondPiePt secondPieSize separator ser serAx serLines shape showBubbleSize showCatName
            showDLblsOverMax showHorzBorder showKeys showLeaderLines showLegendKey showNegBubbles showOutline showPercent showSerName
            showVal showVertBorder sideWall size sizeRepresents smooth spPr splitPos splitType stockChart strCache strLit strRef style
            surface3DChart surfaceChart symbol thickness tickLblPos tickLblSkip tickMarkSkip title trendline trendlineLbl trendlineType tx
            txPr upBars upDownBars userShapes v val valAx varyColors view3D w wMode wireframe x xMode xVal y yMode yVal
        """,
        """
            accent1 accent2 accent3 accent4 accent5 accent6 alignWithMargins b bg1 bg2 blackAndWhite bwMode copies differentFirst
            differentOddEven draft firstPageNumber folHlink footer formatCode header hlink horizontalDpi idx l orientation paperSize r
            sourceLinked t tx1 tx2 useFirstPageNumber val verticalDpi
        """,
    ),
    "dgm": Words(
        "http://schemas.openxmlformats.org/drawingml/2006/diagram",
        """
            adj adjLst alg animLvl animOne bg bulletEnabled cat catLst chMax chPref choose clrData colorsDef constr constrLst cxn cxnLst
            dataModel desc dir effectClrLst else fillClrLst forEach hierBranch if layoutDef layoutNode linClrLst orgChart param prSet
            presLayoutVars presOf pt ptLst relIds resizeHandles rule ruleLst sampData scene3d shape sp3d spPr style styleData styleDef
            styleLbl t title txEffectClrLst txFillClrLst txLinClrLst txPr varLst whole
        """,
        """
            arg axis blipPhldr bwMode chOrder cnt coherent3DOff contourW csCatId csTypeId custAng custFlipHor custFlipVert
            custLinFactNeighborX custLinFactNeighborY custLinFactX custLinFactY custRadScaleInc custRadScaleRad custScaleX custScaleY
            custSzX custSzY custT cxnId defStyle destId destOrd extrusionH fact for forName func hideGeom hideLastTrans hueDir idx lang
            lkTxEntry loCatId loTypeId max meth minVer modelId moveWith name op parTransId phldr phldrT presAssocID presId presName
            presStyleCnt presStyleIdx presStyleLbl pri prstMaterial ptType qsCatId qsTypeId ref refFor refForName refPtType refType rev rot
            sibTransId srcId srcOrd st step styleLbl type uniqueId useDef val z zOrderOff
        """,
    ),
    "cdr": Words(
        "http://schemas.openxmlformats.org/drawingml/2006/chartDrawing",
        """
            absSizeAnchor blipFill cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr cxnSp ext from graphicFrame grpSp grpSpPr
            nvCxnSpPr nvGraphicFramePr nvGrpSpPr nvPicPr nvSpPr pic relSizeAnchor sp spPr style to txBody x xfrm y
        """,
        """
            bwMode cx cy dpi fLocksText fPublished flipH flipV hidden id preferRelativeResize rot rotWithShape textlink txBox
        """,
        """
            cNvPr@name
        """,
    ),
    "xdr": Words(
        "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
        """
            absoluteAnchor blipFill cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr clientData col colOff cxnSp ext from
            graphicFrame grpSp grpSpPr nvCxnSpPr nvGraphicFramePr nvGrpSpPr nvPicPr nvSpPr oneCellAnchor pic pos row rowOff sp spPr style to
            twoCellAnchor txBody wsDr xfrm
        """,
        """
            bwMode cx cy editAs fLocksText fLocksWithSheet fPrintsWithSheet fPublished flipH flipV hidden id preferRelativeResize rot
            rotWithShape textlink txBox x y
        """,
        """
            cNvPr@name
        """,
    ),
    "wp": Words(
        "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        """
            align anchor cNvGraphicFramePr docPr effectExtent extent inline lineTo posOffset positionH positionV simplePos start wrapNone
            wrapPolygon wrapSquare wrapThrough wrapTight wrapTopAndBottom
        """,
        """
            allowOverlap b behindDoc cx cy distB distL distR distT hidden id l layoutInCell locked r relativeFrom relativeHeight simplePos t
            wrapText x y
        """,
        """
            docPr@name
        """,
    ),
    "pic": Words(
        "http://schemas.openxmlformats.org/drawingml/2006/picture",
        """
            blipFill cNvPicPr cNvPr nvPicPr pic spPr
        """,
        """
            bwMode dpi hidden id preferRelativeResize rotWithShape
        """,
        """
            cNvPr@name
        """,
    ),
    "wps": Words(
        "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        """
            bodyPr cNvCnPr cNvPr cNvSpPr linkedTxbx spPr style txbx wsp
        """,
        """
            anchor anchorCtr bIns bwMode compatLnSpc forceAA fromWordArt hidden horzOverflow id lIns normalEastAsianFlow numCol rIns rot
            rtlCol seq spcCol spcFirstLastPara tIns txBox upright vert vertOverflow wrap
        """,
        """
            cNvPr@name
        """,
    ),
    "wpg": Words(
        "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
        """
            cNvFrPr cNvGrpSpPr cNvPr graphicFrame grpSp grpSpPr wgp xfrm
        """,
        """
            bwMode flipH flipV hidden id rot
        """,
        """
            cNvPr@name
        """,
    ),
    "wpc": Words(
        "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas",
        """
            bg graphicFrame whole wpc
        """,
    ),
    "lc": Words(
        "http://schemas.openxmlformats.org/drawingml/2006/lockedCanvas",
        """
            lockedCanvas
        """,
    ),
    "m": Words(
        "http://schemas.openxmlformats.org/officeDocument/2006/math",
        """
            acc accPr aln alnScr argPr argSz bar barPr baseJc begChr borderBox borderBoxPr box boxPr brk brkBin brkBinSub cGp cGpRule cSp
            chr count ctrlPr d dPr defJc deg degHide den diff dispDef e endChr eqArr eqArrPr f fName fPr func funcPr groupChr groupChrPr
            grow hideBot hideLeft hideRight hideTop intLim interSp intraSp jc lMargin lim limLoc limLow limLowPr limUpp limUppPr lit m mPr
            mathFont mathPr maxDist mc mcJc mcPr mcs mr nary naryLim naryPr noBreak nor num oMath oMathPara oMathParaPr objDist opEmu phant
            phantPr plcHide pos postSp preSp r rMargin rPr rSp rSpRule rad radPr sPre sPrePr sSub sSubPr sSubSup sSubSupPr sSup sSupPr scr
            sepChr show shp smallFrac strikeBLTR strikeH strikeTLBR strikeV sty sub subHide sup supHide t transp type vertJc wrapIndent
            wrapRight zeroAsc zeroDesc zeroWid
        """,
        """
            alnAt val
        """,
        qualified=True,
    ),
    "v": Words(
        "urn:schemas-microsoft-com:vml",
        """
            arc background curve f fill formulas group h handles image imagedata line oval path polyline rect roundrect shadow shape
            shapetype stroke textbox textpath
        """,
        """
            adj alignshape angle arcsize arrowok aspect bilevel blacklevel chromakey color color2 colors control1 control2 coordorigin
            coordsize cropbottom cropleft cropright croptop dashstyle embosscolor endangle endarrow endarrowlength endarrowwidth endcap eqn
            fill fillcolor filled fillok filltype fitpath fitshape focus focusposition focussize from gain gamma gradientshapeok grayscale
            imagealignshape imageaspect inset insetpen insetpenok invx invy joinstyle limo linestyle map matrix method miterlimit
            o:allowincell o:allowoverlap o:borderbottomcolor o:borderleftcolor o:borderrightcolor o:bordertopcolor o:bwmode o:bwnormal
            o:bwpure o:clip o:cliptowrap o:connectangles o:connectlocs o:connectortype o:connecttype o:extrusionok o:forcedash o:hr
            o:hralign o:hrnoshade o:hrpct o:hrstd o:oned o:opacity2 o:preferrelative o:spt obscured offset offset2 on opacity origin path
            points polar position print radiusrange recolor rotate shadowok size startangle startarrow startarrowlength startarrowwidth
            string strokecolor stroked strokeok strokeweight style switch textboxrect textpathok to trim v weight wrapcoords xrange xscale
            yrange
        """,
        """
            shapetype@id shape@id shape@type arc@id line@id rect@id oval@id roundrect@id polyline@id curve@id group@id image@id fill@type
            h@switch shadow@type background@id
        """,
    ),
    "o": Words(
        "urn:schemas-microsoft-com:office:office",
        """
            bottom callout column extrusion fill left lock right skew top
        """,
        """
            accentbar adjusthandles angle aspectratio autorotationcenter backdepth brightness color color2 cropping dashstyle diffusity
            distance drop dropauto edge endarrow endarrowlength endarrowwidth endcap facet filltype foredepth gap grouping imagealignshape
            imageaspect imagesize insetpen joinstyle length lengthspecified lightface lightharsh lightharsh2 lightlevel lightlevel2
            lightposition lightposition2 linestyle lockrotationcenter matrix metal minusx minusy miterlimit offset on opacity orientation
            orientationangle origin position render rotation rotationangle rotationcenter selection shapetype shininess skewamt skewangle
            specularity startarrow startarrowlength startarrowwidth text textborder ungrouping v:ext verticies viewpoint viewpointorigin
            weight
        """,
        """
            callout@type extrusion@type fill@type
        """,
    ),
    "w10": Words(
        "urn:schemas-microsoft-com:office:word",
        """
            anchorlock borderbottom borderleft borderright bordertop wrap
        """,
        """
            anchorx anchory shadow side type width
        """,
    ),
}


def _expanded() -> dict[str, frozenset[str]]:
    """Each element that is kept, in Clark's notation, with the attributes that may stand on it."""
    elements: dict[str, frozenset[str]] = {}
    for words in VOCABULARY.values():
        on_one: dict[str, set[str]] = {}
        for pair in words.on_one.split():
            element, _, attribute = pair.partition("@")
            on_one.setdefault(element, set()).add(_attribute(words, attribute))
        on_any = _ON_ANY | {_attribute(words, name) for name in words.attributes.split()}
        for name in words.elements.split():
            elements[f"{{{words.namespace}}}{name}"] = on_any | on_one.get(name, set())
    return elements


def _attribute(words: Words, name: str) -> str:
    prefix, _, local = name.rpartition(":")
    if prefix:
        return f"{{{VOCABULARY[prefix].namespace}}}{local}"
    return f"{{{words.namespace}}}{local}" if words.qualified else local


def name(prefixed: str) -> str:
    """`w:p` in Clark's notation."""
    prefix, _, local = prefixed.partition(":")
    return f"{{{VOCABULARY[prefix].namespace}}}{local}"


def names(prefixed: str) -> frozenset[str]:
    """The same of several, with spaces between."""
    return frozenset(name(word) for word in prefixed.split())


NAMESPACES = frozenset(words.namespace for words in VOCABULARY.values())
KEPT = _expanded()
