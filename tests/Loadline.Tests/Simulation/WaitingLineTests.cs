using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class WaitingLineTests
{
    [Fact]
    public void It_is_a_line_into_which_one_may_step_in_front() =>
        Gen.Int[0, 4]
            .Array[1, 400]
            .Sample(
                changes =>
                {
                    var line = new WaitingLine();
                    var list = new LinkedList<Sequence>();
                    foreach (var change in changes)
                    {
                        var sequence = new Sequence();
                        if (change <= 1)
                        {
                            line.AddLast(sequence);
                            list.AddLast(sequence);
                        }
                        else if (change == 2)
                        {
                            line.AddFirst(sequence);
                            list.AddFirst(sequence);
                        }
                        else if (list.Count > 0)
                        {
                            line.First.ShouldBeSameAs(list.First!.Value);
                            line.TakeFirst().ShouldBeSameAs(list.First.Value);
                            list.RemoveFirst();
                        }
                        line.Count.ShouldBe(list.Count);
                    }
                    while (list.Count > 0)
                    {
                        line.TakeFirst().ShouldBeSameAs(list.First!.Value);
                        list.RemoveFirst();
                    }
                },
                iter: 200
            );
}
