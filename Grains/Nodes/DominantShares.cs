using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>What a queue has and wants of a node for leases with certain resources: at most that many leases.</summary>
internal readonly record struct ShareClaim(string Queue, ResourceVector Shape, int Demand, int Weight);

/// <summary>
/// Divides what a node offers among queues by dominant resource: a queue's dominant share is the largest part that it
/// has of any resource, slots included. This is weighted Dominant Resource Fairness (Ghodsi et al., "Dominant Resource
/// Fairness: Fair Allocation of Multiple Resource Types", 2011), by progressive filling.
/// </summary>
/// <remarks>
/// All queues grow at once, each by its weight. A claim stops growing when it has what it wants, or when a resource
/// that it needs is used up; the others then go on. So a queue does not pay for what nobody else wants. Several claims
/// of one queue grow together, and share what the queue gets.
/// </remarks>
internal sealed class DominantShares
{
    private const double Rounding = SlotAccount.Rounding;
    private readonly IReadOnlyList<ShareClaim> claims;
    private readonly double[] leases;
    private readonly List<Part> parts = [];
    private readonly Dictionary<string, Grower> growers = new(StringComparer.Ordinal);

    public DominantShares(IReadOnlyList<ShareClaim> claims, int slots, ResourceVector offered)
    {
        (this.claims, leases) = (claims, new double[claims.Count]);
        for (var i = 0; i < claims.Count; i++)
        {
            if (slots <= 0 || claims[i].Demand <= 0 || !claims[i].Shape.FitsIn(offered))
                continue;
            if (!growers.TryGetValue(claims[i].Queue, out var grower))
                growers.Add(claims[i].Queue, grower = new Grower(claims[i].Weight, offered.Amounts.Length + 1));
            var part = new Part(i, grower, claims[i].Demand, PartsOf(claims[i].Shape, slots, offered));
            parts.Add(part);
            grower.Parts.Add(part);
        }

        Fill(offered.Amounts.Length + 1);
    }

    /// <summary>The leases of each claim, in the order of the claims, perhaps with a fraction.</summary>
    public IReadOnlyList<double> Leases => leases;

    /// <summary>Returns the dominant share of a queue, from 0 to 1.</summary>
    public double ShareOf(string queue) => growers.TryGetValue(queue, out var grower) ? grower.Share : 0;

    /// <summary>Returns the dominant share of one lease.</summary>
    public static double ShareOfLease(ResourceVector shape, int slots, ResourceVector offered) =>
        Math.Max(1.0 / slots, shape.DominantPartOf(offered));

    /// <summary>Returns the dominant share of what several accounts have reserved.</summary>
    public static double ShareOf(IEnumerable<SlotAccount> accounts, int slots, ResourceVector offered)
    {
        var sums = new double[offered.Amounts.Length + 1];
        foreach (var account in accounts)
        {
            if (account.Reserved == 0)
                continue;
            sums[0] += account.Reserved / (double)slots;
            for (var i = 1; i < sums.Length && !account.Shape.IsEmpty; i++)
            {
                var one = offered.Amounts[i - 1];
                sums[i] += account.Reserved * account.Shape[one.Name] / (double)one.Amount;
            }
        }

        return sums.Max();
    }

    // Which part of each resource one lease takes; slots come first.
    private static double[] PartsOf(ResourceVector shape, int slots, ResourceVector offered) =>
        [1.0 / slots, .. offered.Amounts.Select(one => shape[one.Name] / (double)one.Amount)];

    private void Fill(int resources)
    {
        var free = new double[resources];
        Array.Fill(free, 1);
        // Each step ends a claim or a resource, or another resource of a queue begins to dominate. The maximum ends the
        // loop even if rounding errors let steps make no progress.
        var most = (parts.Count + 1) * (resources + growers.Count + 1);
        for (var steps = 0; steps < most && parts.Exists(static part => part.Grows); steps++)
        {
            foreach (var grower in growers.Values)
                grower.Aim();
            // What does not raise a queue's dominant share costs it nothing, so it comes first.
            var isFree = growers.Values.Any(static grower => grower is { Grows: true, Slope: <= Rounding });
            foreach (var grower in growers.Values)
            {
                grower.Speed = !grower.Grows ? 0
                    : !isFree ? grower.Weight / grower.Slope
                    : grower.Slope <= Rounding ? 1 : 0;
            }

            var step = StepOf(free);
            foreach (var part in parts.Where(static part => part.Grows))
                leases[part.Claim] += part.Speed * step;
            foreach (var grower in growers.Values)
                grower.Grow(step, free);
            foreach (var part in parts)
                part.Grows &= leases[part.Claim] < claims[part.Claim].Demand - Rounding && !part.Lacks(free);
        }
    }

    // How long all can grow at their speeds before a claim or a resource ends, or a queue's dominant resource changes.
    private double StepOf(double[] free)
    {
        var step = double.MaxValue;
        foreach (var part in parts)
        {
            if (part.Grows && part.Speed > 0)
                step = Math.Min(step, (part.Demand - leases[part.Claim]) / part.Speed);
        }

        for (var i = 0; i < free.Length; i++)
        {
            var speed = growers.Values.Sum(grower => grower.Speed * grower.Direction[i]);
            if (speed > 0)
                step = Math.Min(step, free[i] / speed);
        }

        foreach (var grower in growers.Values)
            step = Math.Min(step, grower.UntilAnotherDominates());
        return Math.Max(0, step);
    }

    // A claim; Grows until it has what it wants or its queue can get no more.
    private sealed class Part(int claim, Grower grower, int demand, double[] parts)
    {
        private readonly double dominant = parts.Max();

        public int Claim { get; } = claim;

        public Grower Grower { get; } = grower;

        public int Demand { get; } = demand;

        public bool Grows { get; set; } = true;

        // Leases in each unit of time. All claims of a queue grow alike, each in its own dominant share.
        public double Speed => Grower.Speed / dominant;

        public void AddTo(double[] direction)
        {
            for (var i = 0; i < parts.Length; i++)
                direction[i] += parts[i] / dominant;
        }

        public bool Lacks(double[] free)
        {
            for (var i = 0; i < parts.Length; i++)
            {
                if (parts[i] > 0 && free[i] <= Rounding)
                    return true;
            }

            return false;
        }
    }

    // A queue: what it has of each resource, and how that grows.
    private sealed class Grower(int weight, int resources)
    {
        private readonly double[] has = new double[resources];

        public double Weight { get; } = weight;

        public List<Part> Parts { get; } = [];

        public double[] Direction { get; } = new double[resources];

        public bool Grows { get; private set; }

        // By how much the dominant share grows along the direction.
        public double Slope { get; private set; }

        public double Speed { get; set; }

        public double Share => has.Max();

        public void Aim()
        {
            Array.Clear(Direction);
            Grows = false;
            foreach (var part in Parts)
            {
                if (!part.Grows)
                    continue;
                Grows = true;
                part.AddTo(Direction);
            }

            var share = Share;
            Slope = 0;
            for (var i = 0; i < has.Length; i++)
            {
                if (has[i] >= share - Rounding)
                    Slope = Math.Max(Slope, Direction[i]);
            }
        }

        public double UntilAnotherDominates()
        {
            var (step, share) = (double.MaxValue, Share);
            for (var i = 0; i < has.Length && Speed > 0; i++)
            {
                if (has[i] < share - Rounding && Direction[i] > Slope + Rounding)
                    step = Math.Min(step, (share - has[i]) / ((Direction[i] - Slope) * Speed));
            }

            return step;
        }

        public void Grow(double step, double[] free)
        {
            for (var i = 0; i < has.Length; i++)
            {
                has[i] += Speed * step * Direction[i];
                free[i] -= Speed * step * Direction[i];
            }
        }
    }
}
