namespace OrleansTasks.Cluster;

/// <summary>The home of each queue. All silos compute the same from equal members and queues. Immutable.</summary>
public sealed class QueueHomes
{
    private readonly Dictionary<string, string> homes = [];
    private readonly string[] members;

    /// <summary>Assigns homes to <paramref name="queues"/>; order and repeats do not matter.</summary>
    public QueueHomes(IEnumerable<string> members, IEnumerable<string> queues)
    {
        this.members = [.. members.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string[] all = [.. queues.Distinct()];
        if (this.members.Length < 2)
            return;
        var share = ShareOf(all.Length, this.members.Length);
        var loads = new int[this.members.Length];
        foreach (var (_, queue, member) in Pairs(all))
        {
            if (loads[member] < share && homes.TryAdd(queue, this.members[member]))
                loads[member]++;
        }
    }

    /// <summary>
    /// Returns a queue's home, or null without members. A queue that was not passed in belongs to the member with the
    /// highest score, regardless of its share.
    /// </summary>
    public string? Of(string queue)
    {
        if (members.Length < 2)
            return members.FirstOrDefault();
        return homes.GetValueOrDefault(queue) ?? members.MaxBy(member => Score(member, queue));
    }

    /// <summary>Returns the maximum number of queues of one member: ⌈1.25 × mean⌉.</summary>
    public static int ShareOf(int queues, int members) => (int)(((5L * queues) + (4 * members) - 1) / (4 * members));

    private List<(ulong Score, string Queue, int Member)> Pairs(string[] all)
    {
        var pairs = new List<(ulong Score, string Queue, int Member)>(all.Length * members.Length);
        foreach (var queue in all)
        {
            for (var member = 0; member < members.Length; member++)
                pairs.Add((Score(members[member], queue), queue, member));
        }

        // Equal scores, however unlikely, must not depend on the order of the arguments.
        pairs.Sort(static (left, right) =>
            left.Score != right.Score ? right.Score.CompareTo(left.Score)
            : left.Member != right.Member ? left.Member.CompareTo(right.Member)
            : string.CompareOrdinal(left.Queue, right.Queue));
        return pairs;
    }

    /// <summary>
    /// Returns FNV-1a of both names, then the SplitMix64 finalizer, without which names that differ at their end get
    /// similar scores. The same on every machine and in every version.
    /// </summary>
    private static ulong Score(string member, string queue)
    {
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var letter in member)
            hash = (hash ^ letter) * 1_099_511_628_211UL;
        hash = (hash ^ '\n') * 1_099_511_628_211UL;
        foreach (var letter in queue)
            hash = (hash ^ letter) * 1_099_511_628_211UL;
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        return hash ^ (hash >> 31);
    }
}
