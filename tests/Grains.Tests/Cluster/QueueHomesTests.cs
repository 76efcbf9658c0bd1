using OrleansTasks.Cluster;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>Which silo is a queue's home: the same for every silo, balanced, and with few moves.</summary>
public sealed class QueueHomesTests
{
    private static readonly string[] Queues = [.. Enumerable.Range(0, 400)
        .Select(static number => $"queue-{number}")];

    [Theory]
    [InlineData(1, 400)]
    [InlineData(2, 400)]
    [InlineData(3, 400)]
    [InlineData(7, 400)]
    [InlineData(40, 400)]
    [InlineData(3, 8)]
    [InlineData(5, 3)]
    public void Homes_EachQueueHasOne_AndNoMemberHasMoreThanItsShare(int members, int queues)
    {
        var some = Queues[..queues];
        var homes = new QueueHomes(Members(members), some);
        var loads = some.GroupBy(queue => homes.Of(queue)).ToDictionary(static home => home.Key!, static home => home.Count());
        Assert.All(loads, home => Assert.Contains(home.Key, Members(members)));
        Assert.All(loads, home => Assert.InRange(home.Value, 1, QueueHomes.ShareOf(queues, members)));
        // The others cannot take more, so what is left over falls to the least loaded one.
        var least = queues - ((members - 1) * QueueHomes.ShareOf(queues, members));
        Assert.All(Members(members), member => Assert.True(loads.GetValueOrDefault(member) >= least));
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(1, 2, 1)]
    [InlineData(8, 2, 5)]
    [InlineData(9, 2, 6)]
    [InlineData(400, 4, 125)]
    [InlineData(401, 4, 126)]
    public void Share_IsAQuarterMoreThanTheMean_RoundedUp(int queues, int members, int share) =>
        Assert.Equal(share, QueueHomes.ShareOf(queues, members));

    [Fact]
    public void Homes_AreTheSame_InAnyOrderAndWithRepetitions()
    {
        var homes = new QueueHomes(Members(5), Queues);
        var random = new Random(7);
        for (var time = 0; time < 5; time++)
        {
            var members = Members(5).Append("10.0.0.3:30010").ToArray();
            var queues = Queues.Append(Queues[3]).ToArray();
            random.Shuffle(members);
            random.Shuffle(queues);
            var other = new QueueHomes(members, queues);
            Assert.All(Queues, queue => Assert.Equal(homes.Of(queue), other.Of(queue)));
        }
    }

    // The values that this version computes. Silos of different versions must agree, so a change here is a change of protocol.
    [Fact]
    public void Homes_OfSomeQueues_AreTheseForever()
    {
        var homes = new QueueHomes(Members(3), Queues);
        Assert.Equal("313123212332", string.Concat(Queues[..12].Select(queue => homes.Of(queue)![7])));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public void MemberLeaves_ItsQueuesMove_AndFewOthers(int members)
    {
        var before = new QueueHomes(Members(members), Queues);
        var after = new QueueHomes(Members(members)[1..], Queues);
        var lost = Members(members)[0];
        var others = Queues.Where(queue => before.Of(queue) != lost).ToArray();
        var moved = others.Count(queue => before.Of(queue) != after.Of(queue));
        Assert.InRange(moved, 0, Queues.Length / 20);
        // It comes back: everything is as it was.
        var again = new QueueHomes(Members(members), Queues);
        Assert.All(Queues, queue => Assert.Equal(before.Of(queue), again.Of(queue)));
    }

    [Fact]
    public void NewQueue_BelongsToOneMember_AndMovesFewOthers()
    {
        var before = new QueueHomes(Members(4), Queues[1..]);
        var after = new QueueHomes(Members(4), Queues);
        Assert.Contains(before.Of(Queues[0]), Members(4));
        Assert.InRange(Queues[1..].Count(queue => before.Of(queue) != after.Of(queue)), 0, 3);
    }

    [Fact]
    public void NoMembers_NoHome() => Assert.Null(new QueueHomes([], Queues).Of(Queues[0]));

    private static string[] Members(int count) => [.. Enumerable.Range(1, count).Select(static n => $"10.0.0.{n}:30010")];
}
