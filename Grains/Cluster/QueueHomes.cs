namespace OrleansTasks.Cluster;

/// <summary>
/// The home of each queue: the silo that should own it. Every silo computes the same homes from the same members and
/// queues, without asking another silo. Immutable.
/// </summary>
/// <remarks>
/// Rendezvous hashing (Thaler and Ravishankar, 1996) with a bound: each pair of a member and a queue has a score, and
/// pairs are taken from the highest score down. A pair is passed over when its queue has a home or its member has
/// its share, ⌈1.25 × queues / members⌉. When a member joins or leaves, few other queues change their homes.
/// </remarks>
public sealed class QueueHomes
{
    private readonly Dictionary<string, string> homes = [];
    private readonly string[] members;

    /// <summary>Assigns homes. The order of the arguments' elements does not matter, and repeated ones count once.</summary>
    /// <param name="members">The silos that own queues now, each by a name that no other has.</param>
    /// <param name="queues">The queues that share the silos out. Others have homes too: <see cref="Of"/>.</param>
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
    /// The home of a queue; null when there are no members. A queue that was not among those given belongs to the
    /// member with the highest score, however many that member has.
    /// </summary>
    public string? Of(string queue)
    {
        if (members.Length < 2)
            return members.FirstOrDefault();
        return homes.GetValueOrDefault(queue) ?? members.MaxBy(member => Score(member, queue));
    }

    /// <summary>The most queues that one member is home to: ⌈1.25 × mean⌉.</summary>
    public static int ShareOf(int queues, int members) => (int)(((5L * queues) + (4 * members) - 1) / (4 * members));

    private List<(ulong Score, string Queue, int Member)> Pairs(string[] all)
    {
        var pairs = new List<(ulong Score, string Queue, int Member)>(all.Length * members.Length);
        foreach (var queue in all)
        {
            for (var member = 0; member < members.Length; member++)
                pairs.Add((Score(members[member], queue), queue, member));
        }

        // Equal scores are all but impossible; they must not depend on the order of the arguments all the same.
        pairs.Sort(static (left, right) =>
            left.Score != right.Score ? right.Score.CompareTo(left.Score)
            : left.Member != right.Member ? left.Member.CompareTo(right.Member)
            : string.CompareOrdinal(left.Queue, right.Queue));
        return pairs;
    }

    /// <summary>
    /// FNV-1a over both names, then the finalizer of SplitMix64, without which names that differ at their end have scores
    /// that resemble each other. The same on every machine and in every version.
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
