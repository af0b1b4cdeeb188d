namespace Loadline.Simulation;

/// <summary>What the random numbers of traffic are drawn for; apart from the streams of what serves it.</summary>
internal enum TrafficStream : ulong
{
    Gaps = 0x54524146_00000000,
    Prompts,
    Outputs,
    Pairs,
    Groups,
    Turns,
    Messages,
    Answers,
    Thoughts,
}
