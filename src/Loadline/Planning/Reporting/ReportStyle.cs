namespace Loadline.Planning;

/// <summary>The look of the report page.</summary>
internal static class ReportStyle
{
    /// <summary>
    /// Colours are those of Okabe and Ito, "Color universal design" (2008), some made darker on white and lighter on
    /// black so that shapes reach a contrast of 3 and text one of 4.5 (WCAG 2.2).
    /// </summary>
    private const string Colours = """
        :root{--paper:#fff;--ink:#1c1c1a;--quiet:#5c5c58;--hair:#dcdcd7;--faint:#ecece8;--accent:#0072b2;
        --c1:#0072b2;--c2:#c68400;--c3:#009e73;--c4:#b6588a;--c5:#3d94cc;--c6:#d55e00;--c7:#8a8a85;
        --api:#00835f;--rent:#3d8fc4;--buy:#c85600;--own:#a8477b;--hybrid:#8a6a00;--muted:#80807b}
        @media screen and (prefers-color-scheme:dark){
        :root{--paper:#161615;--ink:#ecebe6;--quiet:#a9a8a1;--hair:#3a3a37;--faint:#262624;--accent:#62b8ec;
        --c1:#62b8ec;--c2:#e69f00;--c3:#1fb98c;--c4:#d98bb4;--c5:#2f86bd;--c6:#ef7d2f;--c7:#8e8e88;
        --api:#1fb98c;--rent:#3d8fc4;--buy:#ef7d2f;--own:#d98bb4;--hybrid:#e0c24a;--muted:#92928b}}
        """;

    private const string Shapes = """
        svg text{fill:var(--ink);font-size:13px;paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
        svg .t{font-size:12px;fill:var(--quiet)} svg .strong{fill:var(--ink)}
        svg .b{font-weight:650} .m{text-anchor:middle} .e{text-anchor:end}
        .accent{--c:var(--accent)} .muted{--c:var(--muted)} .api{--c:var(--api)} .rent{--c:var(--rent)}
        .buy{--c:var(--buy)} .own{--c:var(--own)} .hybrid{--c:var(--hybrid)}
        .p1{fill:var(--c1)} .p2{fill:var(--c2)} .p3{fill:var(--c3)} .p4{fill:var(--c4)} .p5{fill:var(--c5)} .p6{fill:var(--c6)} .p7{fill:var(--c7)}
        .free{fill:var(--faint);stroke:var(--hair)}
        .grid{stroke:var(--faint)} .axis{stroke:var(--quiet)} .leader{stroke:var(--muted)}
        .limit{stroke:var(--ink);stroke-dasharray:3 4} .bound{stroke:var(--ink);stroke-width:2.5}
        .interval{stroke:var(--ink);stroke-width:1.5}
        .dot,.fill{fill:var(--c)} .dot{stroke:var(--paper);stroke-width:1.5}
        .hollow{fill:var(--paper);stroke:var(--c);stroke-width:2.25} .dashed{stroke-dasharray:3 3}
        .ring{fill:var(--paper);stroke:var(--ink);stroke-width:2}
        .line{fill:none;stroke:var(--c);stroke-width:2} .line.accent{stroke-width:3}
        .band{fill:var(--c);opacity:.14} .spread{fill:var(--c);opacity:.3}
        .whisker{stroke:var(--c);stroke-width:1.25} .span{stroke:var(--c);stroke-width:2.5}
        .front{fill:none;stroke:var(--muted);stroke-width:1;opacity:.7}
        .paper{fill:var(--paper)} .ink{fill:var(--ink)}
        """;

    /// <summary>What a picture needs that stands alone.</summary>
    public static Markup OfPictures { get; } =
        new(
            $$"""
            {{Colours}}
            svg{font:17px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;background:var(--paper)}
            {{Shapes}}
            """
        );

    public static Markup Sheet { get; } =
        new(
            $$$"""

            {{{Colours}}}
            *{box-sizing:border-box}
            html{font:17px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
            -webkit-text-size-adjust:100%;text-size-adjust:100%}
            body{margin:0;background:var(--paper);color:var(--ink);font-variant-numeric:tabular-nums;overflow-wrap:break-word}
            main{max-width:50rem;margin:0 auto;padding:3rem 1rem 5rem;max-width:calc(800px + 2rem)}
            .scenario{margin:0 0 .75rem;color:var(--quiet)}
            h1{font-size:1.9rem;line-height:1.25;font-weight:650;letter-spacing:-.012em;margin:0;max-width:24em;text-wrap:pretty}
            section{margin-top:4.5rem}
            #verdict{margin-top:2rem}
            h2{font-size:1.45rem;line-height:1.3;font-weight:650;letter-spacing:-.008em;margin:0 0 1.5rem;max-width:30em;text-wrap:pretty}
            h3,h2.minor,caption{font-size:1rem;font-weight:650;text-align:left;margin:2.25rem 0 .5rem;max-width:40rem}
            p,ol,ul{max-width:40rem;margin:.5rem 0 1rem}
            ol,ul{padding-left:1.3rem}
            li{margin:.3rem 0}
            .quiet,.terms,small{font-size:.82rem;line-height:1.45;color:var(--quiet)}
            .quiet{margin:.6rem 0}
            .terms{list-style:none;padding:.9rem 0 0;margin:2rem 0 0;border-top:1px solid var(--hair);max-width:none;columns:2 20rem;column-gap:2rem}
            .terms li{margin:0 0 .35rem;break-inside:avoid}
            dfn{font-style:normal;font-weight:600;color:var(--ink)}
            .key{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.2rem,1fr));gap:1.25rem;margin:0 0 1.25rem;padding:1.25rem 0;border:solid var(--hair);border-width:1px 0}
            .key dt{font-size:.82rem;color:var(--quiet)}
            .key dd{margin:0}
            .key b{display:block;font-size:1.35rem;line-height:1.35;font-weight:650;white-space:nowrap}
            .key div:first-child b{color:var(--accent)}
            table{border-collapse:collapse;width:100%;font-size:.9rem;margin:1.5rem 0}
            caption{padding-bottom:.4rem;margin:0}
            th,td{padding:.5rem 1rem .5rem 0;vertical-align:top;text-align:left;font-weight:400;border-bottom:1px solid var(--hair)}
            th:last-child,td:last-child{padding-right:0}
            thead th{font-size:.82rem;color:var(--quiet);vertical-align:bottom;border-bottom-color:var(--quiet)}
            th.n,td.n{text-align:right}
            tbody th,td.w{overflow-wrap:anywhere} tbody th{min-width:6.5rem} td.w{min-width:9rem} tbody th small{font-weight:400}
            details:has(>.pair)::details-content{columns:2 20rem;column-gap:2rem} details>.pair{break-inside:avoid}
            td.n{white-space:nowrap}
            th small,td small{display:block}
            .pair{max-width:40rem} .pair small{display:inline}
            details table{margin:.75rem 0 1.5rem;font-size:.85rem} details th,details td{padding-top:.3rem;padding-bottom:.3rem}
            .unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
            figure{margin:2rem 0 .5rem;break-inside:avoid}
            figcaption{font-weight:650;margin-bottom:1rem;max-width:40rem}
            figcaption.unseen{margin:0} h2+figure{margin-top:0}
            details{margin:.5rem 0 1rem}
            summary{cursor:pointer;color:var(--accent);font-size:.9rem;padding:.2rem 0}
            summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
            .phone{display:none}
            svg{display:block;width:100%;height:auto;overflow:visible;font-family:inherit}
            {{{Shapes}}}
            @media (max-width:640px){
            main{padding-top:1.75rem} h1{font-size:1.5rem} h2:not(.minor){font-size:1.25rem} section{margin-top:3.25rem}
            .wide{display:none} .phone{display:block;max-width:480px}
            .key{gap:1rem}
            table,caption,tbody,tr,th,td{display:block} thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
            tbody tr{padding:.6rem 0;border-bottom:1px solid var(--hair)}
            tbody th,tbody td{border:0;min-width:0;padding:.1rem 0} tbody th.n,td.n{text-align:left;white-space:normal} tbody th{font-weight:600}
            td small{display:inline} td[data-label]{display:grid;grid-template-columns:8.5rem 1fr;gap:.75rem}
            td[data-label]::before{content:attr(data-label);color:var(--quiet);font-size:.82rem}}
            @media print{
            @page{margin:16mm}
            html{font-size:10pt} h1{font-size:1.7rem} .terms{margin-top:1.2rem} main{max-width:none;padding:0} section{margin-top:2.2rem}
            h1,h2,h3,figcaption,caption,summary{break-after:avoid} h1,h2,h3,table,tr,li,figure,.key{break-inside:avoid} thead{break-after:avoid}
            *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
            summary{color:var(--ink);font-weight:650;list-style:none}
            details::details-content{content-visibility:visible;display:block;block-size:auto}}

            """
        );
}
