using OrleansTasks.Nodes;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>What a worker seems to have, and what can be proved never to have reached it.</summary>
public sealed class NodeHoldingsTests
{
    private const long Now = 1_000_000;
    private static readonly LeaseRef A = Lease("a", 1);
    private static readonly LeaseRef B = Lease("b", 2);
    private readonly NodeHoldings holdings = new(1);

    [Fact]
    public void TryGiveBack_NeverPassedOn_IsTrueAndItIsNeverPassedOnAgain()
    {
        Assert.True(holdings.TryGiveBack(A, unsent: 0, Now));
        Assert.False(holdings.Pass(A, Now));
        Assert.True(holdings.TryGiveBack(A, unsent: 0, Now));
        Assert.Equal(0, holdings.Count);
    }

    [Fact]
    public void TryGiveBack_PassedOnAndItsOnlyCopyUnsent_IsTrue()
    {
        Assert.True(holdings.Pass(A, Now));
        Assert.False(holdings.TryGiveBack(A, unsent: 0, Now));
        Assert.Equal(1, holdings.Count);
        Assert.True(holdings.TryGiveBack(A, unsent: 1, Now));
        Assert.Equal((0, 0), (holdings.Count, holdings.CountOf(A.Queue, ResourceVector.None)));
    }

    [Fact]
    public void TryGiveBack_AnotherCopyMayHaveArrived_IsFalse()
    {
        holdings.Pass(A, Now);
        holdings.Pass(A, Now);
        Assert.False(holdings.TryGiveBack(A, unsent: 1, Now));
        Assert.Equal([A], holdings.All);
        Assert.True(holdings.TryGiveBack(A, unsent: 2, Now));
    }

    [Fact]
    public void TryGiveBack_ACopyThatWasTakenForLost_IsFalse()
    {
        holdings.Pass(A, Now);
        holdings.Follow([], Now + 10, Now + 5);
        Assert.Equal(0, holdings.Count);
        Assert.False(holdings.TryGiveBack(A, unsent: 0, Now + 10));
    }

    [Fact]
    public void TryGiveBack_TheWorkerNamedIt_IsFalse()
    {
        holdings.Hold(A, Now);
        Assert.False(holdings.TryGiveBack(A, unsent: 0, Now));
        holdings.Settle(A.Token);
        Assert.Equal(0, holdings.Count);
        Assert.False(holdings.TryGiveBack(A, unsent: 0, Now));
    }

    [Fact]
    public void Follow_NotListed_GoesUnlessItWasPassedOnLater()
    {
        holdings.Pass(A, Now);
        holdings.Pass(B, Now + 8);
        holdings.Follow([], Now + 10, Now + 5);
        Assert.Equal([B], holdings.All);
        Assert.Equal((1, 0, 1), (holdings.Count, holdings.CountOf(A.Queue, ResourceVector.None), holdings.CountOf(B.Queue, ResourceVector.None)));
        holdings.Follow([A], Now + 20, Now + 15);
        Assert.Equal([A], holdings.All);
    }

    [Fact]
    public void Follow_TenMinutesAfterTheLastCopy_ForgetsIt()
    {
        holdings.Pass(A, Now);
        holdings.TryGiveBack(B, unsent: 0, Now);
        holdings.Follow([], Now + 599_999, Now + 590_000);
        Assert.True(holdings.Contains(A.Token) && holdings.Contains(B.Token));
        holdings.Follow([], Now + 600_000, Now + 590_000);
        Assert.False(holdings.Contains(A.Token) || holdings.Contains(B.Token));
    }

    [Fact]
    public void Follow_HeldForALongTime_KeepsIt()
    {
        holdings.Pass(A, Now);
        holdings.Follow([A], Now + 2_000_000, Now + 1_990_000);
        Assert.Equal([A], holdings.All);
    }

    [Fact]
    public void Forget_Settled_NothingIsKept()
    {
        holdings.Pass(A, Now);
        holdings.Settle(A.Token);
        Assert.True(holdings.Contains(A.Token));
        holdings.Forget(A.Token);
        Assert.False(holdings.Contains(A.Token));
        Assert.Equal(0, holdings.Count);
    }

    private static LeaseRef Lease(string queue, int task) =>
        new(new TaskId(1, (ulong)task), queue, 1, new LeaseToken(7, (ulong)task));
}
