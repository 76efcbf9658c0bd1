namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>
/// A gateway's requests to subscribe and to unsubscribe are calls that can overtake each other. A request that waits
/// and has been told that commits are reported must hear of them, in whatever order the calls arrive.
/// </summary>
public sealed class QueueFeedTests
{
    [Fact]
    public void Wait_OvertakesTheEndOfAnEarlierSubscription_HearsOfCommits()
    {
        var rig = new FeedRig();
        rig.Begin();
        rig.Deliver(0);
        rig.End();
        rig.Refresh();
        rig.Begin();
        Assert.Equal(2, rig.UnderWay);
        rig.Deliver(1);
        rig.Deliver(0);
        Assert.True(rig.ExpectsNews);
        Assert.True(rig.Publish());
    }

    [Fact]
    public void Refresh_ArrivesAfterTheEndOfTheSubscription_DoesNotBringItBack()
    {
        var rig = new FeedRig();
        rig.Begin();
        rig.Deliver(0);
        rig.Refresh();
        rig.End();
        rig.Refresh();
        rig.Deliver(1);
        rig.Deliver(0);
        Assert.False(rig.IsSubscribed);
        Assert.False(rig.Publish());
    }

    [Fact]
    public void Wait_AfterAFailedSubscription_SubscribesAgain()
    {
        var rig = new FeedRig();
        rig.Begin();
        rig.Lose(0);
        Assert.False(rig.ExpectsNews);
        rig.Begin();
        rig.Deliver(0);
        Assert.True(rig.ExpectsNews);
        Assert.True(rig.Publish());
    }

    [Fact]
    public async Task Move_WhileSomebodyWaits_SubscribesAtTheNextDispatcherAndThenWakesTheRequest()
    {
        var rig = new FeedRig();
        rig.Begin();
        rig.Deliver(0);
        var woken = rig.Woken();
        rig.Move();
        Assert.False(rig.ExpectsNews);
        Assert.False(woken.IsCompleted);
        rig.Deliver(0);
        Assert.True(await woken);
        Assert.True(rig.ExpectsNews);
        Assert.True(rig.Publish());
    }

    [Fact]
    public void Move_WhenNobodyWaits_LeavesTheNextDispatcherAlone()
    {
        var rig = new FeedRig();
        rig.Begin();
        rig.Deliver(0);
        rig.End();
        rig.Move();
        Assert.Equal(0, rig.UnderWay);
        rig.Begin();
        rig.Deliver(0);
        Assert.True(rig.Publish());
    }

    /// <summary>b: a wait begins; e: it ends; r: the refresh; m: the queue moves to another silo.</summary>
    [Theory]
    [InlineData("berb")]
    [InlineData("brerb")]
    [InlineData("berber")]
    [InlineData("berbrerb")]
    [InlineData("berrbeb")]
    [InlineData("bmeb")]
    [InlineData("bmrerb")]
    [InlineData("bermbm")]
    public void AnyOrderOfArrival_RequestThatExpectsNewsGetsIt(string script)
    {
        var orders = 0;
        for (List<int>? choices = []; choices is not null; choices = Play(script, choices))
            orders++;
        Assert.True(orders > script.Length, $"Only {orders} orders were tried.");
    }

    /// <summary>
    /// Plays the script with one order of arrival: at each step choice 0 is the next of the script, the others deliver a message.
    /// Returns the choices of the next order; null after the last.
    /// </summary>
    private static List<int>? Play(string script, List<int> choices)
    {
        var rig = new FeedRig();
        var options = new List<int>();
        for (int step = 0, at = 0; at < script.Length || rig.UnderWay > 0; step++)
        {
            var isOver = at == script.Length ? 1 : 0;
            options.Add(rig.UnderWay + 1 - isOver);
            if (step == choices.Count)
                choices.Add(0);
            var choice = choices[step] + isOver;
            if (choice == 0)
                Do(rig, script[at++]);
            else
                rig.Deliver(choice - 1);
            var order = $"{script} by {string.Join(',', choices.Take(step + 1))}";
            Assert.True(!rig.ExpectsNews || rig.Publish(), $"Somebody waits in vain: {order}");
        }

        Assert.Equal(rig.IsWaiting, rig.IsSubscribed);
        for (var last = choices.Count - 1; last >= 0; last--)
        {
            if (++choices[last] < options[last])
                return choices[..(last + 1)];
        }

        return null;
    }

    private static void Do(FeedRig rig, char action)
    {
        switch (action)
        {
            case 'b':
                rig.Begin();
                break;
            case 'e':
                rig.End();
                break;
            case 'm':
                rig.Move();
                break;
            default:
                rig.Refresh();
                break;
        }
    }
}
