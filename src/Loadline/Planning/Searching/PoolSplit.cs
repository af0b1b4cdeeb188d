namespace Loadline.Planning;

/// <summary>How equal replicas of a machine share prefill and decode when each does only one of the two.</summary>
/// <param name="Prefill">Replicas that only compute prompts.</param>
/// <param name="Decode">Replicas that only decode.</param>
public readonly record struct PoolSplit(int Prefill, int Decode)
{
    public int Replicas => Prefill + Decode;
}
