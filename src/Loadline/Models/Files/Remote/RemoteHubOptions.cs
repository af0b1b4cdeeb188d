using Loadline.Quantities;

namespace Loadline.Models;

/// <summary>Which hub is asked, as whom, and for how long.</summary>
/// <remarks>Not a record: nothing prints the token by accident.</remarks>
public sealed class RemoteHubOptions
{
    public static readonly Uri HuggingFace = new("https://huggingface.co");

    public Uri Endpoint { get; init; } = HuggingFace;

    /// <summary>Sent to the endpoint's own host and to no other.</summary>
    public string? Token { get; init; }

    /// <summary>Longest a server may say nothing: before it answers, and between two pieces of its answer.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Longest the reading of one model may take, pauses included.</summary>
    public TimeSpan OverallTimeout { get; init; } = TimeSpan.FromMinutes(10);

    public RetryPolicy Retry { get; init; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Most that is read for one model. The longest headers known, 160 files of 100 KB or 100,000 tensors in one
    /// index, are some tens of megabytes; what asks for more is after something else.
    /// </summary>
    public ByteSize LargestTransfer { get; init; } = ByteSize.FromGiB(0.5);
}
