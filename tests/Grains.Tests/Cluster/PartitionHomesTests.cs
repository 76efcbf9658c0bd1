using OrleansTasks.Cluster;
using OrleansTasks.Queues;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>Which silo is a partition's home: the same for every silo, balanced, and with few moves.</summary>
public sealed class PartitionHomesTests
{
    private static readonly PartitionKey[] Partitions = [.. Enumerable.Range(0, 400)
        .Select(static number => new PartitionKey($"queue-{number / 4}", number % 4))];

    [Theory]
    [InlineData(1, 400)]
    [InlineData(2, 400)]
    [InlineData(3, 400)]
    [InlineData(7, 400)]
    [InlineData(40, 400)]
    [InlineData(3, 8)]
    [InlineData(5, 3)]
    public void Homes_EachPartitionHasOne_AndNoMemberHasMoreThanItsShare(int members, int partitions)
    {
        var some = Partitions[..partitions];
        var homes = new PartitionHomes(Members(members), some);
        var loads = some.GroupBy(partition => homes.Of(partition)).ToDictionary(static home => home.Key!, static home => home.Count());
        Assert.All(loads, home => Assert.Contains(home.Key, Members(members)));
        Assert.All(loads, home => Assert.InRange(home.Value, 1, PartitionHomes.ShareOf(partitions, members)));
        // The others cannot take more, so what is left over falls to the least loaded one.
        var least = partitions - ((members - 1) * PartitionHomes.ShareOf(partitions, members));
        Assert.All(Members(members), member => Assert.True(loads.GetValueOrDefault(member) >= least));
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(1, 2, 1)]
    [InlineData(8, 2, 5)]
    [InlineData(9, 2, 6)]
    [InlineData(400, 4, 125)]
    [InlineData(401, 4, 126)]
    public void Share_IsAQuarterMoreThanTheMean_RoundedUp(int partitions, int members, int share) =>
        Assert.Equal(share, PartitionHomes.ShareOf(partitions, members));

    [Fact]
    public void Homes_AreTheSame_InAnyOrderAndWithRepetitions()
    {
        var homes = new PartitionHomes(Members(5), Partitions);
        var random = new Random(7);
        for (var time = 0; time < 5; time++)
        {
            var members = Members(5).Append("10.0.0.3:30010").ToArray();
            var partitions = Partitions.Append(Partitions[3]).ToArray();
            random.Shuffle(members);
            random.Shuffle(partitions);
            var other = new PartitionHomes(members, partitions);
            Assert.All(Partitions, partition => Assert.Equal(homes.Of(partition), other.Of(partition)));
        }
    }

    // The values that this version computes. Silos of different versions must agree, so a change here is a change of protocol.
    [Fact]
    public void Homes_OfSomePartitions_AreTheseForever()
    {
        var homes = new PartitionHomes(Members(3), Partitions);
        Assert.Equal("311223322322", string.Concat(Partitions[..12].Select(partition => homes.Of(partition)![7])));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public void MemberLeaves_ItsPartitionsMove_AndFewOthers(int members)
    {
        var before = new PartitionHomes(Members(members), Partitions);
        var after = new PartitionHomes(Members(members)[1..], Partitions);
        var lost = Members(members)[0];
        var others = Partitions.Where(partition => before.Of(partition) != lost).ToArray();
        var moved = others.Count(partition => before.Of(partition) != after.Of(partition));
        Assert.InRange(moved, 0, Partitions.Length / 20);
        // It comes back: everything is as it was.
        var again = new PartitionHomes(Members(members), Partitions);
        Assert.All(Partitions, partition => Assert.Equal(before.Of(partition), again.Of(partition)));
    }

    [Fact]
    public void NewPartition_BelongsToOneMember_AndMovesFewOthers()
    {
        var before = new PartitionHomes(Members(4), Partitions[1..]);
        var after = new PartitionHomes(Members(4), Partitions);
        Assert.Contains(before.Of(Partitions[0]), Members(4));
        Assert.InRange(Partitions[1..].Count(partition => before.Of(partition) != after.Of(partition)), 0, 3);
    }

    [Fact]
    public void NoMembers_NoHome() => Assert.Null(new PartitionHomes([], Partitions).Of(Partitions[0]));

    private static string[] Members(int count) => [.. Enumerable.Range(1, count).Select(static n => $"10.0.0.{n}:30010")];
}
