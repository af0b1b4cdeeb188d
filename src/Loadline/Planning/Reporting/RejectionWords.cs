namespace Loadline.Planning;

/// <summary>Why many were left out, in a few words after "for".</summary>
public static class RejectionWords
{
    public static string Of(RejectionKind kind) =>
        kind switch
        {
            RejectionKind.Data => "the class of data",
            RejectionKind.Price => "want of a price",
            RejectionKind.Quality => "their loss of quality",
            RejectionKind.Context => "too short a context",
            RejectionKind.Catalog => "a figure that is missing",
            RejectionKind.Engine => "what engines can run",
            RejectionKind.Memory => "too little memory",
            RejectionKind.Objective => "too long a wait",
            RejectionKind.Size => "too many machines",
            RejectionKind.Budget => "their cost",
            RejectionKind.Capability => "too low a score",
            RejectionKind.Licence => "their licence",
            RejectionKind.Limit => "more power or money at once than there is",
            RejectionKind.Bound => "a bound",
            _ => "how they are deployed",
        };
}
