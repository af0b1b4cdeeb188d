using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>Blocks of 16 tokens: who holds them, what is found again, what is lost first.</summary>
public sealed class CachePoolTests
{
    private readonly CachePool pool = new(new CacheSize(100, 16), keepsPrefixes: true);

    [Fact]
    public void A_prompt_takes_its_tokens_rounded_up_to_blocks_and_gives_them_back()
    {
        var sequence = Sequence(0, 100);

        pool.TryAdmit(sequence, 100, 0).ShouldBeTrue();
        pool.Used.ShouldBe(7);

        pool.Release(sequence);
        pool.Free.ShouldBe(100);
        pool.PeakUsed.ShouldBe(7);
    }

    [Fact]
    public void What_does_not_fit_takes_nothing()
    {
        pool.TryAdmit(Sequence(0, 1601), 1601, 0).ShouldBeFalse();
        pool.Free.ShouldBe(100);
    }

    [Fact]
    public void What_a_sequence_takes_besides_its_tokens_is_taken_once()
    {
        var states = new CachePool(new CacheSize(100, 16, 5), keepsPrefixes: true);
        var sequence = Sequence(0, 100);

        states.TryAdmit(sequence, 40, 0);
        states.Used.ShouldBe(5 + 3);
        states.Missing(sequence, 100).ShouldBe(4);
    }

    [Fact]
    public void Nothing_is_found_before_it_is_computed_and_whole_pieces_afterwards()
    {
        var content = Simulated.Content((1, 40), (2, 60));
        var first = Sequence(0, 200, content);
        pool.TryAdmit(first, 200, 0);

        pool.Found(Sequence(1, 200, content)).ShouldBe(0);

        first.Computed = 99;
        pool.Publish(first, first.Computed);
        // The first piece of 40 tokens fills two blocks; of the second a token is missing.
        pool.Found(Sequence(1, 200, content)).ShouldBe(32);

        first.Computed = 100;
        pool.Publish(first, first.Computed);
        pool.Found(Sequence(1, 200, content)).ShouldBe(96);
        pool.Found(Sequence(1, 200, Simulated.Content((1, 40), (3, 60)))).ShouldBe(32);
    }

    [Fact]
    public void The_last_token_of_a_prompt_is_computed_even_when_all_of_it_is_there()
    {
        var content = Simulated.Content((1, 64));
        Compute(Sequence(0, 64, content));

        pool.Found(Sequence(1, 64, content)).ShouldBe(48);
        pool.Found(Sequence(1, 65, content)).ShouldBe(64);
    }

    [Fact]
    public void Shared_blocks_are_counted_once_however_many_hold_them()
    {
        var content = Simulated.Content((1, 160));
        Compute(Sequence(0, 161, content));
        var one = Sequence(1, 170, content);
        var other = Sequence(2, 170, content);

        pool.TryAdmit(one, 10, 0);
        pool.TryAdmit(other, 10, 0);
        pool.Used.ShouldBe(10 + 1 + 1);

        pool.Release(one);
        pool.Used.ShouldBe(10 + 1);
        pool.Release(other);
        pool.Free.ShouldBe(100);
    }

    [Fact]
    public void Who_computes_the_same_at_the_same_time_shares_it_from_then_on()
    {
        var content = Simulated.Content((1, 160));
        var one = Sequence(0, 160, content);
        var other = Sequence(1, 160, content);
        pool.TryAdmit(one, 160, 0);
        pool.TryAdmit(other, 160, 0);
        foreach (var sequence in (Sequence[])[one, other])
        {
            sequence.Computed = 160;
            pool.Publish(sequence, sequence.Computed);
        }
        pool.Used.ShouldBe(10);

        pool.Release(one);
        pool.Used.ShouldBe(10);
        pool.Release(other);
        pool.Free.ShouldBe(100);
    }

    [Fact]
    public void What_was_released_longest_ago_is_lost_first()
    {
        Compute(Sequence(0, 800, Simulated.Content((1, 800))));
        Compute(Sequence(1, 480, Simulated.Content((2, 480))));

        // 50 and 30 blocks have names and 20 have none; 21 take the first that has.
        Compute(Sequence(2, 21 * 16));

        pool.Found(Sequence(4, 900, Simulated.Content((1, 800)))).ShouldBe(0);
        pool.Found(Sequence(4, 900, Simulated.Content((2, 480)))).ShouldBe(480);
    }

    [Fact]
    public void Of_one_prompt_the_end_is_lost_before_the_beginning()
    {
        Compute(Sequence(0, 960, Simulated.Content((1, 320), (2, 320), (3, 320))));

        Compute(Sequence(1, 41 * 16));

        pool.Found(Sequence(2, 1000, Simulated.Content((1, 320), (2, 320), (3, 320)))).ShouldBe(640);
    }

    [Fact]
    public void What_is_held_is_never_lost()
    {
        var held = Sequence(0, 320, Simulated.Content((1, 320)));
        pool.TryAdmit(held, 320, 0);
        held.Computed = 320;
        pool.Publish(held, held.Computed);

        for (var i = 1; i < 10; i++)
            Compute(Sequence(i, 80 * 16));

        pool.Found(Sequence(99, 400, Simulated.Content((1, 320)))).ShouldBe(320);
    }

    [Fact]
    public void An_answer_is_found_by_the_prompt_that_continues_it_less_its_last_token()
    {
        // 100 tokens and an answer of 44: 144 = 9 x 16, but the last was never read, so 143 are there: 8 whole blocks.
        var asked = new PromptContent([new ContentPiece(1, 100)], answer: 2);
        var first = Sequence(0, 100, asked);
        pool.TryAdmit(first, 100, 143);
        first.Computed = 100;
        pool.Publish(first, first.Computed);
        pool.PublishAnswer(first, 143);
        pool.Release(first);

        pool.Found(Sequence(1, 200, Simulated.Content((1, 100), (2, 44), (3, 56)))).ShouldBe(128);
    }

    [Fact]
    public void A_preempted_sequence_finds_the_whole_blocks_it_had_computed()
    {
        var sequence = Sequence(0, 500);
        pool.TryAdmit(sequence, 100, 0);
        sequence.Computed = 100;

        pool.Release(sequence, comesBackWith: 100);

        pool.Free.ShouldBe(100);
        // 100 tokens are 6 whole blocks and 4 tokens.
        pool.Found(sequence).ShouldBe(96);
        pool.Found(Sequence(1, 500)).ShouldBe(0);
    }

    [Fact]
    public void What_a_preempted_sequence_left_is_lost_from_its_end()
    {
        var sequence = Sequence(0, 500);
        pool.TryAdmit(sequence, 480, 0);
        sequence.Computed = 480;
        pool.Release(sequence, comesBackWith: 480);

        // 70 blocks were never used, of the 30 left 10 go.
        Compute(Sequence(1, 80 * 16));

        pool.Found(sequence).ShouldBe(320);
    }

    [Fact]
    public void A_preempted_sequence_does_not_find_its_windows_as_if_they_were_tokens()
    {
        var states = new CachePool(new CacheSize(100, 16, 5), keepsPrefixes: true);
        var sequence = Sequence(0, 500);
        states.TryAdmit(sequence, 160, 0);
        sequence.Computed = 160;

        states.Release(sequence, comesBackWith: 160);

        states.Found(sequence).ShouldBe(160);
        states.TryAdmit(sequence, 16, 0).ShouldBeTrue();
        states.Used.ShouldBe(5 + 11);
    }

    [Fact]
    public void What_others_computed_meanwhile_and_its_own_copy_are_not_found_both()
    {
        // Half of a piece is computed when it is preempted; another computes the piece.
        var content = Simulated.Content((1, 320));
        var sequence = Sequence(0, 500, content);
        pool.TryAdmit(sequence, 160, 0);
        sequence.Computed = 160;
        pool.Release(sequence, comesBackWith: 160);
        Compute(Sequence(1, 320, content));

        pool.Found(sequence).ShouldBe(320);

        pool.TryAdmit(sequence, 180, 0).ShouldBeTrue();
        pool.Used.ShouldBe(32);
        pool.Missing(sequence, 500).ShouldBe(0);
        pool.Release(sequence);
        pool.Free.ShouldBe(100);
    }

    [Fact]
    public void A_pool_that_keeps_nothing_finds_nothing()
    {
        var plain = new CachePool(new CacheSize(100, 16), keepsPrefixes: false);
        var content = Simulated.Content((1, 160));
        var first = Sequence(0, 160, content);
        plain.TryAdmit(first, 160, 0);
        first.Computed = 160;
        plain.Publish(first, first.Computed);
        plain.Release(first);

        plain.Found(Sequence(1, 160, content)).ShouldBe(0);
    }

    private void Compute(Sequence sequence)
    {
        pool.TryAdmit(sequence, sequence.Target, 0).ShouldBeTrue();
        sequence.Computed = sequence.Target;
        pool.Publish(sequence, sequence.Computed);
        pool.Release(sequence);
    }

    private static Sequence Sequence(int request, int prompt, PromptContent? content = null)
    {
        var sequence = new Sequence();
        sequence.Reset(request, new Arrival(0, prompt, 10) { Content = content });
        return sequence;
    }
}
