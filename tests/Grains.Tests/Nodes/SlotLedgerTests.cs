using OrleansTasks.Nodes;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>The slot ledger by itself.</summary>
public sealed class SlotLedgerTests
{
    private const string A = "a";
    private const string B = "b";
    private const string C = "c";
    private readonly SlotLedger ledger = new("n", 3, 4);
    private long now = 1_000;

    [Fact]
    public void Grant_OneWants_GetsWhatItAsksFor()
    {
        Want(A, 3);
        var offer = Assert.Single(ledger.Grant(now));
        Assert.Equal((A, 1, "n", 3, 3), (offer.Queue, offer.Epoch, offer.Node, offer.Session, offer.Limit));
        Assert.Equal(1, ledger.Free);
        Assert.Empty(ledger.Grant(now));
    }

    [Fact]
    public void Grant_TwoWant_ShareEvenly()
    {
        Want(A, 4);
        Want(B, 4);
        Assert.Equal([2, 2], ledger.Grant(now).Select(static offer => offer.Limit));
    }

    [Fact]
    public void Grant_TwoWantTheOnlySlotInOneMillisecond_TakeTurns()
    {
        var one = new SlotLedger("n", 3, 1);
        one.Want(new SlotDemand(A, 1, 3, 2, 0), now);
        one.Want(new SlotDemand(B, 1, 3, 1, 0), now);
        Assert.Equal(A, Assert.Single(one.Grant(now)).Queue);
        one.NoteUse(A);
        Assert.Empty(one.TakeReclaims(static (_, _) => 1, now));
        Assert.Equal(now + 100, one.LookAgainAt);
        now += 99;
        Assert.Empty(one.TakeReclaims(static (_, _) => 1, now));
        now++;
        var reclaim = Assert.Single(one.TakeReclaims(static (_, _) => 1, now));
        Assert.True(one.Reclaimed(new SlotReturn(A, 1, 3, reclaim.Version, Kept: 0, Wanted: 2), now));
        Assert.Equal(1, Assert.Single(one.Grant(now), static offer => offer.Queue == B).Limit);
    }

    [Fact]
    public void Reclaim_TurnIsOverAndTheSlotInUse_IsAskedForOnceUntilTheAttemptEnds()
    {
        ledger.Resize(1);
        Want(A, 1);
        ledger.Grant(now);
        ledger.NoteUse(A);
        Want(A, 1, held: 1);
        Want(B, 1);
        ledger.Grant(now);
        now += 100;
        Answer(Assert.Single(ledger.TakeReclaims(static (_, _) => 1, now)), 1, wanted: 1);
        Assert.Empty(ledger.Grant(now));

        now += 1_000;
        Assert.Empty(ledger.TakeReclaims(static (_, _) => 1, now));
        Assert.Equal(long.MaxValue, ledger.LookAgainAt);
        Answer(Assert.Single(ledger.TakeReclaims(static (_, _) => 0, now)), 0, wanted: 1);
        Assert.Equal((B, 1), Assert.Single(ledger.Grant(now)) is var offer ? (offer.Queue, offer.Limit) : default);
    }

    [Fact]
    public void Resize_Larger_GrantsMoreToThoseThatWant()
    {
        Want(A, 6);
        Assert.Equal(4, Assert.Single(ledger.Grant(now)).Limit);
        ledger.Resize(6);
        Assert.Equal(6, Assert.Single(ledger.Grant(now)).Limit);
    }

    [Fact]
    public void Resize_Smaller_TakesTheSurplusBackFromTheOneWithTheMost()
    {
        Want(A, 3);
        Want(B, 1);
        ledger.Grant(now);
        ledger.Resize(2);
        var reclaim = Assert.Single(ledger.TakeReclaims(static (_, _) => 0, now));
        Assert.Equal((A, 1), (reclaim.Queue, reclaim.Limit));
        Assert.Empty(ledger.TakeReclaims(static (_, _) => 0, now));
    }

    [Fact]
    public void TakeAllReclaims_WorkIsTakenAgain_GrantsToThoseThatStillWant()
    {
        Want(A, 2);
        Want(B, 2);
        ledger.Grant(now);
        foreach (var reclaim in ledger.TakeAllReclaims())
            Assert.True(ledger.Reclaimed(
                new SlotReturn(reclaim.Queue, 1, 3, reclaim.Version, Kept: reclaim.Queue == A ? 1 : 0, Wanted: 2), now));
        Assert.Equal(3, ledger.Free);
        Assert.Equal([(A, 2), (B, 2)], ledger.Grant(now).Select(static offer => (offer.Queue, offer.Limit)));
    }

    [Fact]
    public void TakeAllReclaims_NotAnswered_FreesNothingAndTheHoldersMayGoOn()
    {
        Want(A, 4);
        ledger.Grant(now);
        ledger.ReclaimFailed(Assert.Single(ledger.TakeAllReclaims()));
        Assert.Equal(0, ledger.Free);
        Want(A, 4);
        Assert.Equal(4, Assert.Single(ledger.Grant(now)).Limit);
    }

    [Fact]
    public void Grant_VersionsRise()
    {
        Want(A, 1);
        var first = Assert.Single(ledger.Grant(now));
        Want(A, 1, held: 1);
        Assert.True(Assert.Single(ledger.Grant(now)).Version > first.Version);
    }

    [Fact]
    public void Want_OfferWasLost_IsSentAgain()
    {
        Want(A, 4);
        ledger.Grant(now);
        Want(A, 4);
        Assert.Equal(4, Assert.Single(ledger.Grant(now)).Limit);
    }

    [Fact]
    public void Want_KnowsAllItHas_IsNotAnswered()
    {
        Want(A, 4);
        ledger.Grant(now);
        Want(A, 4, held: 4);
        Assert.Empty(ledger.Grant(now));
    }

    [Fact]
    public void Want_Lapsed_GetsNothing()
    {
        Want(A, 1);
        now += 10_001;
        Assert.DoesNotContain(ledger.Grant(now), static offer => offer.Limit > 0);
        Assert.Equal(4, ledger.Free);
    }

    [Fact]
    public void Want_NewEpoch_ReplacesWhatTheOldOneHad()
    {
        Want(A, 4);
        ledger.Grant(now);
        Want(A, 1, held: 2, epoch: 2);
        Assert.Equal((2, 3), (Assert.Single(ledger.Grant(now)).Epoch, 4 - ledger.Free));
        Want(A, 4, epoch: 1);
        Assert.Empty(ledger.Grant(now));
    }

    [Fact]
    public void Reclaim_SomebodyWantsAndNoneIsFree_TakesWhatIsUnused()
    {
        Park(A, 4);
        Want(B, 2);
        Assert.Empty(ledger.Grant(now));
        var reclaim = Assert.Single(ledger.TakeReclaims(static (_, _) => 1, now));
        Assert.Equal((A, 2), (reclaim.Queue, reclaim.Limit));
        Assert.Empty(ledger.TakeReclaims(static (_, _) => 1, now));
        Answer(reclaim, reclaim.Limit);
        var offer = Assert.Single(ledger.Grant(now));
        Assert.Equal((B, 2), (offer.Queue, offer.Limit));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Reclaim_GrantedAMomentAgoAndNotUsed_IsLeftForThatMoment(int slots)
    {
        ledger.Resize(slots);
        Want(A, slots);
        ledger.Grant(now);
        Want(B, 1);

        Assert.Empty(ledger.TakeReclaims(static (_, _) => 0, now + 9));
        Assert.Equal(now + 10, ledger.LookAgainAt);
        Assert.Equal(A, Assert.Single(ledger.TakeReclaims(static (_, _) => 0, ledger.LookAgainAt)).Queue);
        Assert.Equal(long.MaxValue, ledger.LookAgainAt);
    }

    [Fact]
    public void Reclaim_GrantedAMomentAgoAndUsed_IsTaken()
    {
        Want(A, 4);
        ledger.Grant(now);
        Want(B, 1);
        ledger.NoteUse(A);

        Assert.Equal((A, 3), Assert.Single(ledger.TakeReclaims(static (_, _) => 1, now)) is var reclaim
            ? (reclaim.Queue, reclaim.Limit) : default);
        Assert.Equal(long.MaxValue, ledger.LookAgainAt);
    }

    [Fact]
    public void Reclaim_AnotherOneIsLeftForAMoment_BusyOnesKeepTheirs()
    {
        Park(A, 3);
        Want(C, 1);
        ledger.Grant(now);
        Want(B, 1);

        Assert.Empty(ledger.TakeReclaims(static (queue, _) => queue == A ? 3 : 0, now));
        Assert.Equal(C, Assert.Single(ledger.TakeReclaims(static (queue, _) => queue == A ? 3 : 0, now + 10)).Queue);
    }

    [Fact]
    public void Reclaim_TwoThatCannotUseTheOnlySlot_TakeItFromEachOtherOnceAMoment()
    {
        ledger.Resize(1);
        Want(A, 1);
        Want(B, 1);
        ledger.Grant(now);
        var taken = 0;
        for (var end = now + 100; now < end; now++)
        {
            foreach (var reclaim in ledger.TakeReclaims(static (_, _) => 0, now))
            {
                taken++;
                Answer(reclaim, 0, wanted: 1);
                ledger.Grant(now);
            }
        }

        Assert.InRange(taken, 5, 10);
    }

    [Fact]
    public void Reclaim_NoAnswer_FreesNothing()
    {
        Park(A, 4);
        Want(B, 2);
        var reclaim = Assert.Single(ledger.TakeReclaims(static (_, _) => 0, now));
        ledger.ReclaimFailed(reclaim);
        Assert.Equal(0, ledger.Free);
        var second = Assert.Single(ledger.TakeReclaims(static (_, _) => 0, now));
        Answer(reclaim, 0);
        Assert.Equal(0, ledger.Free);
        Answer(second, 3);
        Assert.Equal(1, ledger.Free);
    }

    [Fact]
    public void Reclaim_UnderWay_NoOfferOvertakesIt()
    {
        Park(A, 4);
        Want(B, 4);
        var reclaim = Assert.Single(ledger.TakeReclaims(static (_, _) => 0, now));
        Want(A, 4);
        Assert.Empty(ledger.Grant(now));
        Answer(reclaim, 0, wanted: 4);
        Assert.Equal([2, 2], ledger.Grant(now).Select(static offer => offer.Limit));
    }

    [Fact]
    public void Reclaim_AnsweredByANewEpoch_TakesItsWord()
    {
        Park(A, 4);
        Want(B, 4);
        var reclaim = Assert.Single(ledger.TakeReclaims(static (_, _) => 0, now));
        Answer(reclaim, 1, epoch: 2);
        Assert.Equal(3, ledger.Free);
        Want(A, 1, epoch: 1);
        Assert.Equal(B, Assert.Single(ledger.Grant(now)).Queue);
    }

    [Fact]
    public void Reclaim_AnsweredAfterTheNewEpochSpoke_IsIgnored()
    {
        Park(A, 4);
        Want(B, 4);
        var reclaim = Assert.Single(ledger.TakeReclaims(static (_, _) => 0, now));
        Want(A, 1, held: 2, epoch: 2);
        ledger.Grant(now);
        var reserved = ledger.Free;
        Answer(reclaim, 0, epoch: 2);
        Assert.Equal(reserved, ledger.Free);
    }

    [Fact]
    public void Reclaim_BothAreBusy_MovesSlotsAsAttemptsEndUntilTheyAreEven()
    {
        Park(A, 4);
        Want(A, 4, held: 4);
        Want(B, 4);
        for (var moved = 1; moved <= 2; moved++)
        {
            // Of A's attempts one has ended since.
            var left = 4 - moved;
            var reclaim = Assert.Single(ledger.TakeReclaims((queue, _) => queue == A ? left : 0, now));
            Assert.Equal((A, 2), (reclaim.Queue, reclaim.Limit));
            Answer(reclaim, left, wanted: 4);
            Assert.Equal((B, moved), Assert.Single(ledger.Grant(now)) is var offer ? (offer.Queue, offer.Limit) : default);
            ledger.NoteUse(B);
        }

        Assert.Empty(ledger.TakeReclaims(static (_, _) => 2, now));
    }

    [Fact]
    public void Reclaim_ShrinkingQueueAsks_IsToldTheSmallerLimitWhileOthersWait()
    {
        Park(A, 4);
        Want(B, 4);
        var reclaim = Assert.Single(ledger.TakeReclaims(static (queue, _) => queue == A ? 4 : 0, now));
        Answer(reclaim, 4, wanted: 4);
        Want(A, 4, held: 3);
        Assert.Equal(2, Assert.Single(ledger.Grant(now), static offer => offer.Queue == A).Limit);
        now += 10_001;
        Want(A, 4, held: 3);
        Assert.Equal(4, Assert.Single(ledger.Grant(now)).Limit);
    }

    [Fact]
    public void Reclaim_SlotsThatSeemedUnusedAreUsed_QueueGoesOnInItsShare()
    {
        Park(A, 2);
        Want(B, 4);
        ledger.Grant(now);
        now += 20;
        // Its next attempts are on their way to the worker, which has none of it.
        var reclaim = Assert.Single(ledger.TakeReclaims(static (queue, _) => queue == A ? 0 : 2, now));
        Assert.Equal((A, 0), (reclaim.Queue, reclaim.Limit));

        Answer(reclaim, 2, wanted: 4);

        Assert.Equal((A, 2), Assert.Single(ledger.Grant(now)) is var offer ? (offer.Queue, offer.Limit) : default);
        Assert.Empty(ledger.TakeReclaims(static (_, _) => 0, now));
    }

    [Fact]
    public void Reclaim_RichOneUsesAllItHas_StillGivesBackWhatEnds()
    {
        Park(A, 4);
        Want(B, 4);
        var reclaim = Assert.Single(ledger.TakeReclaims(static (queue, _) => queue == A ? 4 : 0, now));

        Answer(reclaim, 4, wanted: 4);

        Assert.Empty(ledger.Grant(now));
        // To ask again is of no use before an attempt has ended.
        Assert.Empty(ledger.TakeReclaims(static (queue, _) => queue == A ? 4 : 0, now));
        Assert.Equal((A, 2), Assert.Single(ledger.TakeReclaims(static (queue, _) => queue == A ? 3 : 0, now)) is var next
            ? (next.Queue, next.Limit) : default);
    }

    [Fact]
    public void ReserveHeld_WorkerStillRunsEarlierAttempts_TheirSlotsAreTaken()
    {
        ledger.ReserveHeld(A);
        ledger.ReserveHeld(A);
        Want(B, 4);
        Assert.Equal((B, 2), Assert.Single(ledger.Grant(now)) is var offer ? (offer.Queue, offer.Limit) : default);
        Assert.Equal([A, B], ledger.QueuesAt(now));
    }

    private void Want(string queue, int count, int held = 0, long epoch = 1) =>
        ledger.Want(new SlotDemand(queue, epoch, 3, count, held), now);

    private void Answer(SlotOffer reclaim, int kept, long? epoch = null, int wanted = 0) =>
        ledger.Reclaimed(new SlotReturn(reclaim.Queue, epoch ?? reclaim.Epoch, 3, reclaim.Version, kept, wanted), now);

    /// <summary>Gives slots to a queue whose wish has lapsed since.</summary>
    private void Park(string queue, int count)
    {
        Want(queue, count);
        ledger.Grant(now);
        now += 10_001;
    }
}
