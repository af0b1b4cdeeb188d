namespace Loadline.Quantities;

/// <summary>How a figure is known, from strongest to weakest. A combination has the weakest grade of its parts.</summary>
public enum Evidence
{
    /// <summary>Read off this very configuration, or counted exactly.</summary>
    Measured,

    /// <summary>Between measured points of the same hardware, engine and format.</summary>
    Interpolated,

    /// <summary>From equations with fitted or transferred constants.</summary>
    Modelled,

    /// <summary>From datasheet figures, planning norms or defaults alone.</summary>
    Assumed,
}

public static class EvidenceGrades
{
    public static Evidence Weakest(Evidence left, Evidence right) => left > right ? left : right;

    /// <summary>The mark printed beside a number.</summary>
    public static char Mark(this Evidence evidence) =>
        evidence switch
        {
            Evidence.Measured => '●',
            Evidence.Interpolated => '◐',
            Evidence.Modelled => '○',
            _ => '·',
        };
}
