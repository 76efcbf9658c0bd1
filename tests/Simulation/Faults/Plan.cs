namespace OrleansTasks.Simulation.Faults;

/// <summary>What a seed stands for: the size of the world, its load, and what goes wrong in it.</summary>
internal sealed record Plan
{
    private const int FewestFaults = 10;
    private const int MostFaults = 22;
    private const int MostJobFaults = 3;
    private const int MostGatewayFaults = 2;
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(20);
    private const double LoneSilos = 0.35;
    private const double LoneTroubles = 0.05;
    private const double LeaseFaults = 0.25;
    private const double Quiet = 0.1;
    private const double Swarm = 0.3;
    private const int MostQuietFaults = 3;
    private const double Drifts = 0.5;
    private const double WrongToTheEnd = 0.5;
    private const int MostDrift = 500;
    private const int FewestJobs = 1;
    private const int MostJobs = 3;

    /// <summary>The seed.</summary>
    public required int Seed { get; init; }

    /// <summary>How many silos.</summary>
    public required int Silos { get; init; }

    /// <summary>How many workers.</summary>
    public required int Workers { get; init; }

    /// <summary>How many tasks.</summary>
    public required int Tasks { get; init; }

    /// <summary>How many data jobs.</summary>
    public required int Jobs { get; init; }

    /// <summary>How many queues they go to.</summary>
    public required int Queues { get; init; }

    /// <summary>Whether tasks are very short, so that nodes are sent more than they have slots for.</summary>
    public required bool IsShort { get; init; }

    /// <summary>
    /// How long before the end of its lease a worker kills: less in some seeds, so that nothing else hides behind it.
    /// </summary>
    public required TimeSpan KillMargin { get; init; }

    /// <summary>What the operator has set.</summary>
    public Knobs Knobs { get; init; } = Knobs.Usual;

    /// <summary>How long tasks come in, and things go wrong.</summary>
    public required TimeSpan Turmoil { get; init; }

    /// <summary>What goes wrong.</summary>
    public required ImmutableArray<Fault> Faults { get; init; }

    /// <summary>
    /// When nothing is wrong any more and everybody has noticed: a silo's death is known, and gateways have subscribed anew.
    /// </summary>
    public TimeSpan Calm =>
        Faults.Select(static fault => fault.At + fault.Length).Append(Turmoil).Max() + Recovery;

    /// <summary>By how many millionths clocks of silos and workers run fast or slow at most.</summary>
    public int Drift { get; init; }

    /// <summary>
    /// Whether wall clocks of silos stay as wrong as they are when the turmoil ends. A silo starts what is due at a time by its own clock, so
    /// that nobody could wait for the end after steps of an hour.
    /// </summary>
    public bool StayWrong { get; init; }

    /// <summary>By how much the wall clock of a silo steps at most.</summary>
    public TimeSpan ClockStep => StayWrong ? TimeSpan.FromMinutes(1) : TimeSpan.FromHours(1);

    /// <summary>By how much two silos may differ when the turmoil is over.</summary>
    public TimeSpan WrongAtTheEnd =>
        StayWrong ? 2 * ClockStep * Faults.Count(static fault => fault.Kind == FaultKind.SiloClockStep) : TimeSpan.Zero;

    /// <summary>Whether commands of rollouts may break nodes, which then lose what they run.</summary>
    public bool BreaksNodes { get; init; } = true;

    /// <summary>Whether nothing goes wrong but with calls of nodes to one queue.</summary>
    public bool IsLoneTrouble => Faults is [{ Kind: FaultKind.QueueHang or FaultKind.QueueRefuse }];

    /// <summary>The plan of a seed.</summary>
    public static Plan Of(int seed)
    {
        var chance = new SimRandom(seed, "plan");
        var turmoil = TimeSpan.FromSeconds(chance.Next(30, 50));
        var isLone = new SimRandom(seed, "silos").Happens(LoneSilos);
        var silos = chance.Next(2, 4);
        var plan = new Plan
        {
            Seed = seed,
            Silos = isLone ? 1 : silos,
            Workers = chance.Next(4, 6),
            Tasks = chance.Next(200, 260),
            Queues = chance.Next(1, 4),
            IsShort = chance.Next(4) == 0,
            KillMargin = TimeSpan.FromMilliseconds(chance.Next(2) == 0 ? 2_000 : 200),
            Turmoil = turmoil,
            Faults = WithGatewayFaults(
                WithJobFaults(FaultsOf(new SimRandom(seed, "faults"), turmoil), new SimRandom(seed, "job faults"), turmoil),
                new SimRandom(seed, "gateway faults"), turmoil),
            Jobs = new SimRandom(seed, "job plan").Next(FewestJobs, MostJobs + 1),
        };
        var clocks = new SimRandom(seed, "clocks");
        var faults = WithSiloFaults(plan.Faults, new SimRandom(seed, "silo faults"), turmoil);
        return Calmer(new SimRandom(seed, "calm"), plan with
        {
            Knobs = Knobs.Of(new SimRandom(seed, "knobs"), plan.KillMargin),
            Drift = clocks.Happens(Drifts) ? clocks.Next(100, MostDrift + 1) : 0,
            StayWrong = clocks.Happens(WrongToTheEnd),
            Faults = WithLeaseFaults(faults, new SimRandom(seed, "lease faults"), turmoil),
        });
    }

    /// <summary>
    /// Where everything goes wrong, what one fault breaks the next may mend: a retry, a new owner. So in some seeds hardly anything goes wrong,
    /// and in others only kinds that the seed draws (swarm testing, A. Groce and others, 2012).
    /// </summary>
    private static Plan Calmer(SimRandom chance, Plan plan)
    {
        if (plan.IsLoneTrouble)
            return plan;
        var lot = chance.NextDouble();
        if (lot < Quiet)
            return plan with { Faults = [.. plan.Faults.OrderBy(_ => chance.Next()).Take(chance.Next(MostQuietFaults + 1))] };
        if (lot >= Quiet + Swarm)
            return plan;
        var allowed = Enum.GetValues<FaultKind>().Where(_ => chance.Next(2) == 0).ToHashSet();
        return plan with { Faults = plan.Faults.RemoveAll(fault => !allowed.Contains(fault.Kind)) };
    }

    /// <summary>The drift of one machine's clocks.</summary>
    /// <param name="chance">Chance of its own.</param>
    public int DriftOf(SimRandom chance) => chance.Next(-Drift, Drift + 1);

    private static ImmutableArray<Fault> FaultsOf(SimRandom chance, TimeSpan turmoil)
    {
        var kinds = Enum.GetValues<FaultKind>().Where(static kind => kind < FaultKind.ForgetJob).ToArray();
        return
        [
            .. Enumerable.Range(0, chance.Next(FewestFaults, MostFaults + 1)).Select(number => new Fault(
                number,
                kinds[chance.Next(kinds.Length)],
                chance.Between(TimeSpan.FromMilliseconds(500), turmoil),
                chance.Between(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(chance.Next(4) == 0 ? 16 : 5)),
                chance.Next(1_000),
                chance.NextDouble())),
        ];
    }

    private static ImmutableArray<Fault> WithJobFaults(ImmutableArray<Fault> faults, SimRandom chance, TimeSpan turmoil) =>
    [
        .. faults,
        .. Enumerable.Range(faults.Length, chance.Next(MostJobFaults + 1)).Select(number => new Fault(
            number, FaultKind.ForgetJob, chance.Between(TimeSpan.FromSeconds(2), turmoil), TimeSpan.Zero, chance.Next(1_000), 0)),
    ];

    private static ImmutableArray<Fault> WithGatewayFaults(ImmutableArray<Fault> faults, SimRandom chance, TimeSpan turmoil) =>
    [
        .. faults,
        .. Enumerable.Range(faults.Length, chance.Next(MostGatewayFaults + 1)).Select(number => new Fault(
            number, chance.Next(2) == 0 ? FaultKind.GatewayKill : FaultKind.GatewayCut, chance.Between(TimeSpan.FromSeconds(2), turmoil),
            chance.Between(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(12)), 0, chance.NextDouble())),
    ];

    /// <summary>What happens to whole silos, each kind by odds of its own.</summary>
    private static ImmutableArray<Fault> WithSiloFaults(ImmutableArray<Fault> faults, SimRandom chance, TimeSpan turmoil)
    {
        var all = faults.ToBuilder();
        Add(FaultKind.InstallationKill, 0.4, static c => c.Between(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(5)));
        Add(FaultKind.SiloPause, 0.4, PauseOf);
        Add(FaultKind.SiloPause, 0.2, PauseOf);
        Add(FaultKind.SiloDeclaredDead, 0.25, static c => c.Between(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(10)));
        Add(FaultKind.SiloKillInCommit, 0.4, static c => c.Between(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(5)));
        return all.ToImmutable();

        void Add(FaultKind kind, double odds, Func<SimRandom, TimeSpan> length)
        {
            if (chance.Happens(odds))
            {
                all.Add(new Fault(
                    all.Count, kind, chance.Between(TimeSpan.FromSeconds(1), turmoil), length(chance), chance.Next(1_000), chance.NextDouble()));
            }
        }
    }

    /// <summary>
    /// What leases must outlive. In some seeds nothing happens but one queue in trouble: then the leases of all
    /// others stand.
    /// </summary>
    private static ImmutableArray<Fault> WithLeaseFaults(
        ImmutableArray<Fault> faults, SimRandom chance, TimeSpan turmoil)
    {
        if (chance.Happens(LoneTroubles))
            return [Draw(0, chance.Next(2) == 0 ? FaultKind.QueueHang : FaultKind.QueueRefuse)];
        var all = faults.ToBuilder();
        foreach (var kind in Enum.GetValues<FaultKind>().Where(static kind => kind >= FaultKind.QueueHang))
        {
            if (chance.Happens(LeaseFaults))
                all.Add(Draw(all.Count, kind));
        }

        return all.ToImmutable();

        Fault Draw(int number, FaultKind kind) => new(
            number, kind, chance.Between(TimeSpan.FromSeconds(2), turmoil), PauseOf(chance), chance.Next(1_000),
            chance.NextDouble());
    }

    /// <summary>Half of the pauses end before anybody could notice; a quarter lasts past every detection.</summary>
    private static TimeSpan PauseOf(SimRandom chance) => chance.Next(4) switch
    {
        < 2 => chance.Between(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(3)),
        2 => chance.Between(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10)),
        _ => chance.Between(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60)),
    };
}
