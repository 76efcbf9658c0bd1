using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Streams;
using OrleansTasks.Calendars;
using OrleansTasks.Cluster;
using OrleansTasks.Dispatch;
using OrleansTasks.Files;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Notifications;
using OrleansTasks.Silo;
using OrleansTasks.Silo.Upkeep;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.Files;
using OrleansTasks.Simulation.Gateways;
using OrleansTasks.Simulation.Jobs;
using OrleansTasks.Simulation.Rollouts;
using OrleansTasks.Simulation.Schedules;
using OrleansTasks.Simulation.Store;
using OrleansTasks.Simulation.Webhooks;
using OrleansTasks.Simulation.Worker;
using OrleansTasks.Simulation.Workflows;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Calendars;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Notifications;
using OrleansTasks.Storage.Triggers;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Simulation.World;

/// <summary>
/// A whole installation in virtual time: silos with the product's grains and node services, a store, workers with the
/// product's agent, users. What goes wrong is in its plan.
/// </summary>
internal sealed class SimWorld : IDisposable
{
    private const long OutputQuota = 400_000;
    private static readonly DispatchInstruments DispatchInstruments = new();
    private static readonly SiloInstruments SiloInstruments = new();
    private static readonly TimeSpan KeepInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SupervisorTakes = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestRetention = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongestRetention = TimeSpan.FromSeconds(60);
    private readonly TimeSpan retention;
    private readonly SimOutputStore outputs;
    private readonly MemoryKeyStore keys = new();
    private readonly MemoryFileStore files = new();
    private readonly MemoryFileIndex fileIndex = new();
    private readonly MemoryDefinitionStore definitionStore = new();
    private readonly MemoryNotificationStore notifications = new();
    private readonly MemoryResourceEventStore resourceEvents = new();
    private readonly MemoryAuditStore audit = new();
    private readonly MemoryQueueStore queues;
    private readonly MemoryCalendarStore calendars = new();
    private readonly SimWebhookStore webhooks;
    private readonly MemoryTrustStore trust = new();
    private readonly List<NodePort> ports = [];
    private readonly SimNodeStore nodes;
    private readonly MemoryNodeEventStore nodeEvents = new();
    private readonly SeededChance random;
    private readonly DispatchOptions options;
    private readonly ReplacedOwners replaced;
    private readonly TermReferee terms;
    private readonly ArtifactReferee artifacts;
    private readonly FileReferee fileReferee;
    private int started;

    public SimWorld(Plan plan, Coverage coverage)
    {
        (Plan, Coverage) = (plan, coverage);
        Strictness = new Strictness(failure => Cluster!.Fail(failure));
        options = plan.Knobs.ToOptions(plan.KillMargin);
        // Of several silos, one may go on as an owner that another has replaced.
        Troubles = new QueueTroubles(() => Now);
        terms = new TermReferee(plan.IsLoneTrouble, Troubles, coverage);
        options.ProofTerm = plan.Silos > 1 ? options.Lease / 2 : TimeSpan.Zero;
        random = new SeededChance(new SimRandom(plan.Seed, "grains"));
        Cluster = new SimCluster(new SimClusterOptions
        {
            Seed = plan.Seed,
            GrainAssemblies = [typeof(TaskDispatcherGrain).Assembly],
            StreamProviders = [CommandStream.Provider],
            ConfigureSilo = Configure,
            ResponseTimeout = TimeSpan.FromSeconds(10),
        });
        Cluster.SerializationFailed = failure => Cluster.Fail(new Violation($"A message could not be sent: {failure}"));
        Store = new SimStore(Cluster.Clock, new SimRandom(plan.Seed, "store"), fileIndex)
        {
            JobsStay = TimeSpan.FromMinutes(2),
            // Of several silos, one may go on as an owner that another has replaced.
            IsExclusive = plan.Silos == 1,
        };
        options.SetProofTerm(Store);
        outputs = new SimOutputStore(Store);
        retention = new SimRandom(plan.Seed, "retention").Between(ShortestRetention, LongestRetention);
        nodes = new SimNodeStore(Store, Cluster.Clock, new SimRandom(plan.Seed, "node store"));
        queues = new MemoryQueueStore(resourceEvents);
        webhooks = new SimWebhookStore(Store, Cluster.Clock, new SimRandom(plan.Seed, "webhook store"), () => Now < plan.Turmoil);
        var slots = new SimRandom(plan.Seed, "slots");
        var watch = new ProcessWatch(Cluster, worker => Workers![worker].Slots, coverage);
        Watch = watch;
        Referee = new Referee(coverage, ZoneOf)
        {
            PlainSlotsOf = node => WorkerOf(node).Slots,
            SlotsOf = GrantedOn,
            OffersOf = node => WorkerOf(node).Offers,
        };
        Workers =
        [
            .. Enumerable.Range(0, plan.Workers).Select(i =>
                new SimWorker(
                    Cluster, i, slots.Next(1, 5), plan, watch, () => ports, Strictness, Referee.SentAhead, terms)),
        ];
        Referee.Removed = id => watch.Forget(id.ToString());
        replaced = new ReplacedOwners(Referee.IsReplaced);
        Referee.Calls.AnswersOfReplaced = id => replaced.AnswersOf(Referee.QueueOf(id));
        Referee.Calls.AnsweredByReplaced = () => coverage.Fire("answer of a replaced owner");
        Referee.Results.Stored = id => Store.OnDisk.ReadResult(id).GetAwaiter().GetResult();
        watch.Looked = tree =>
        {
            Referee.Results.Began(tree, Referee.Tasks);
            ItemReferee.Began(tree, Referee.Tasks);
        };
        ScheduleReferee = new ScheduleReferee(coverage);
        AuditReferee = new AuditReferee(coverage);
        var dependencies = new DependencyReferee(Referee.Tasks, coverage, options.Round.Releases, options.RecoveryPage);
        var workflows = new WorkflowReferee(Referee.Tasks, coverage);
        var items = new ItemReferee(Referee.Tasks, coverage, options);
        JobReferee = new JobReferee(coverage)
        {
            Live = LiveJobs,
            Progress = (id, stored) => StoredProgress.Read(Store.JobsOnDisk, id, stored).GetAwaiter().GetResult()
                ?? throw new Violation($"A part of the progress of job {id} is missing."),
        };
        var nodeJobs = new NodeJobReferee(Referee.Tasks, JobReferee, coverage);
        Referee.Results.AggregateOf = nodeJobs.AggregateOf;
        RolloutReferee = new RolloutReferee(Referee.Tasks, coverage, replaced.AnswersOf, () => AreClocksSet);
        var shareReferee = new ShareReferee(coverage);
        var resourceReferee = watch.Resources = new ResourceReferee(worker => Workers[worker].Offers, coverage);
        var waits = new WaitWatch(plan.Calm, coverage);
        artifacts = new ArtifactReferee(files, fileIndex, coverage);
        fileReferee = new FileReferee(files, fileIndex, () => Store.OnDisk, coverage);
        Store.Committed = commit => Check(() =>
        {
            Referee.Committed(commit);
            artifacts.Committed(commit, Referee.Tasks);
            dependencies.Committed(commit);
            workflows.Committed(commit);
            items.Committed(commit);
            nodeJobs.Before(commit);
            JobReferee.Committed(commit);
            nodeJobs.After(commit);
            RolloutReferee.Committed(commit);
            ScheduleReferee.Committed(commit);
            fileReferee.Committed(commit);
            AuditReferee.Committed(commit);
            foreach (var ledger in Cluster.Silos.SelectMany(static silo => silo.Instances.OfType<NodeGrain>()).Select(static node => node.Ledger))
            {
                if (ledger is null)
                    continue;
                shareReferee.Look(ledger);
                resourceReferee.Look(ledger);
            }

            terms.Committed(commit, Referee.QueueOf);
            waits.Committed(commit, Now);
        });
        Store.Taken = Referee.Taken;
        Store.Pruned = removed => Check(() =>
        {
            Referee.Pruned(removed);
            workflows.Pruned(removed);
            RolloutReferee.Pruned(id => Store.OnDisk.Rollouts.Get(id).Result is not null);
            if (removed.Length > 0 && JobReferee.Open > 0)
                coverage.Fire(Coverage.RetentionInJob);
        });
        Store.OutputDropped = dropped =>
        {
            foreach (var id in dropped)
                Referee.Tasks[id].IsOutputDropped = true;
            if (dropped.Length > 0)
                coverage.Fire("output dropped");
        };
        Store.JobsPruned = exists => Check(() => JobReferee.Pruned(exists));
        Store.JobLoaded = JobReferee.Loaded;
        Gateway = Cluster.StartSilo("gateway", isClient: true);
        Gateways = new GatewayLife(Cluster, Strictness);
        Users = new Users(this, waits);
        JobUsers = new JobUsers(Cluster, Gateway, plan, JobReferee, coverage, Strictness);
        Operators = new Operators(Cluster, Gateway, plan, [.. Workers.Select(static worker => worker.Name)], coverage, Strictness, Referee,
            shareReferee);
        Subscribers = new Subscribers(Cluster, Gateway, plan, () => Store.OnDisk, nodeEvents, resourceEvents, coverage, Strictness);
        Planners = new Planners(Cluster, Gateway, plan, JobReferee, coverage, Strictness);
        FileOwners = new FileOwners(Cluster, Gateway, plan, fileReferee, coverage, Strictness);
        WorkflowUsers = new WorkflowUsers(
            Cluster, Gateway, plan, coverage, Strictness,
            node => Referee.Tasks.Values.LastOrDefault(task => task.Submission.Item?.Node == node)?.Submission.Id,
            JobReferee, nodeJobs.JobOf);
        RolloutUsers = new RolloutUsers(
            Cluster, Gateway, plan, RolloutReferee, Referee.Tasks, coverage, Strictness,
            (node, length) => WorkerOf(node).LosePower(length));
        Turmoil = new Turmoil(this);
    }

    public Plan Plan { get; }

    public Coverage Coverage { get; }

    public Strictness Strictness { get; }

    public QueueTroubles Troubles { get; }

    public SimCluster Cluster { get; }

    public SimStore Store { get; }

    private MemoryProgressStore Progress => new(() => Store.Data);

    public Referee Referee { get; }

    public ProcessWatch Watch { get; }

    public Turmoil Turmoil { get; }

    public Users Users { get; }

    public JobReferee JobReferee { get; }

    public JobUsers JobUsers { get; }

    public Operators Operators { get; }

    public Subscribers Subscribers { get; }

    public ScheduleReferee ScheduleReferee { get; }

    public AuditReferee AuditReferee { get; }

    public Planners Planners { get; }

    public FileOwners FileOwners { get; }

    public WorkflowUsers WorkflowUsers { get; }

    public RolloutReferee RolloutReferee { get; }

    /// <summary>Whether the clock of a silo has been set.</summary>
    public bool AreClocksSet { get; set; }

    public RolloutUsers RolloutUsers { get; }

    /// <summary>A client of the cluster that never dies: those who read are there, and those who have jobs.</summary>
    public SimSilo Gateway { get; }

    /// <summary>The product's gateway, which users submit, wait and cancel at.</summary>
    public GatewayLife Gateways { get; }

    public IReadOnlyList<SimWorker> Workers { get; }

    /// <summary>The silos that take workers, in order of their start.</summary>
    public IReadOnlyList<NodePort> Ports => ports;

    /// <summary>Time since the beginning.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(Cluster.Clock.GetTimestamp());

    /// <summary>Sets everything in motion.</summary>
    public void Begin()
    {
        for (var i = 0; i < Plan.Silos; i++)
            StartSilo();
        foreach (var worker in Workers)
            worker.Start();
        Users.Begin();
        JobUsers.Begin();
        Operators.Begin();
        Subscribers.Begin();
        Planners.Begin();
        FileOwners.Begin();
        WorkflowUsers.Begin();
        RolloutUsers.Begin();
        Turmoil.Begin();
    }

    public void StartSilo()
    {
        var silo = Cluster.StartSilo($"s{++started}");
        silo.Clock.Error.DriftPerMillion = Plan.DriftOf(new SimRandom(Plan.Seed, $"drift of silo {started}"));
        var port = new NodePort(silo, Store, outputs, files, fileIndex, Progress, SiloInstruments, Strictness);
        ports.Add(port);
        silo.FoundDead = () =>
        {
            Coverage.Fire("silo ended itself, having been declared dead");
            KillSilo(port);
            Cluster.After(SupervisorTakes, StartSilo);
        };
        var keeper = new QueueKeeper(
            silo.Grains, Store, webhooks, notifications, new SiloHomes(new LoneMembership()),
            Options.Create(new SiloOptions()), silo.Clock, Strictness.CreateLogger<QueueKeeper>());
        Repeat(silo.NewProcess("keeper"), TimeSpan.Zero, keeper.KeepOnce, KeepInterval);
        ApplyRetention(silo);
    }

    /// <summary>The silo removes, with the product's own service, what ended long ago.</summary>
    private void ApplyRetention(SimSilo silo)
    {
        var retain = new SiloOptions { Retention = retention, OutputQuota = OutputQuota };
        var service = new RetentionService(
            Store, queues, silo.Grains, audit, outputs, Options.Create(retain), silo.Clock, SiloInstruments,
            Strictness.CreateLogger<RetentionService>());
        Repeat(
            silo.NewProcess("retention"), retain.RetentionPeriod, () => service.RunOnce(CancellationToken.None), retain.RetentionPeriod);
    }

    private static void Repeat(SimProcess process, TimeSpan first, Func<Task> act, TimeSpan pause) => process.Run(async () =>
    {
        if (first > TimeSpan.Zero)
            await Task.Delay(first, process.Clock);
        while (true)
        {
            try
            {
                await act();
            }
            catch (StoreUnavailableException)
            {
                // The next round may do better.
            }

            await Task.Delay(pause, process.Clock);
        }
    });

    public void KillSilo(NodePort port)
    {
        ports.Remove(port);
        port.Silo.Kill();
        foreach (var worker in Workers)
            worker.SiloDied(port.Silo);
    }

    public void StopSilo(NodePort port, SimProcess by, Action stopped)
    {
        ports.Remove(port);
        by.Run(async () =>
        {
            await port.Silo.StopAsync(TimeSpan.FromSeconds(5));
            foreach (var worker in Workers)
                worker.SiloDied(port.Silo);
            stopped();
        });
    }

    /// <summary>Whether nothing is left to do: everything was answered, and every task and job has ended.</summary>
    public bool IsDone => Users.AreDone && Referee.Open == 0 && JobUsers.AreDone && JobReferee.Open == 0
        && Planners.AreDone && FileOwners.AreDone && WorkflowUsers.AreDone && RolloutUsers.AreDone && Subscribers.AreDone();

    /// <summary>
    /// Checks that the stored files are exactly those that something names. Called once nothing changes any more.
    /// </summary>
    public void CheckFiles() => artifacts.CheckSweep(Cluster, Store.OnDisk, Referee.Tasks, fileReferee.Named());

    public void Dispose()
    {
        foreach (var worker in Workers)
            worker.Dispose();
        Cluster.Dispose();
    }

    /// <summary>What grains have of a job in memory.</summary>
    public IEnumerable<JobCore> LiveJobs(TaskId id) => Cluster.Silos
        .SelectMany(static silo => silo.Instances.OfType<JobGrain>())
        .Select(static grain => grain.Core)
        .OfType<JobCore>()
        .Where(core => core.Id == id);

    /// <summary>What dispatchers in memory know of a task that is open.</summary>
    public IEnumerable<string> LiveDispatchers(string queue, TaskId id) => Cluster.Silos
        .SelectMany(silo => silo.Instances.OfType<TaskDispatcherGrain>().Where(grain => grain.Queue == queue)
            .Select(grain => $"{silo}: {grain.Describe(id)}"));

    private void Check(Action check)
    {
        try
        {
            check();
        }
        catch (Violation violation)
        {
            Cluster.Fail(violation);
        }
    }

    private SimWorker WorkerOf(string node) => Workers.First(worker => worker.Name == node);

    private string ZoneOf(string node) => WorkerOf(node).Zone;

    /// <summary>
    /// The most that the ledger of this session has ever had to give; null when no grain has that session.
    /// </summary>
    private int? GrantedOn(string node, long session)
    {
        foreach (var silo in Cluster.Silos)
        {
            foreach (var ledger in silo.Instances.OfType<NodeGrain>().Where(grain => grain.Name == node).Select(static grain => grain.Ledger))
            {
                if (ledger?.Session == session)
                    return ledger.MostLeases;
            }
        }

        return null;
    }

    private void Configure(IServiceCollection services, TimeProvider clock) => services
        .AddSingleton<ILoggerFactory>(Strictness)
        .AddSingleton<IIncomingGrainCallFilter>(Strictness)
        .AddSingleton<IIncomingGrainCallFilter>(replaced)
        .AddSingleton<IIncomingGrainCallFilter>(terms)
        .AddSingleton<IIncomingGrainCallFilter>(new TroubledCalls(Troubles, clock))
        .AddSingleton<ITaskStore>(Store)
        .AddSingleton<INodeStore>(nodes)
        .AddSingleton<ITrustStore, MemoryTrustStore>()
        .AddSingleton<INodeEventStore>(nodeEvents)
        .AddSingleton<IOutputStore>(outputs)
        .AddSingleton<IProgressStore>(Progress)
        .AddSingleton<IFileStore>(files)
        .AddSingleton<IFileIndex>(fileIndex)
        .AddSingleton<IDefinitionStore>(definitionStore)
        .AddSingleton<INotificationStore>(notifications)
        .AddSingleton<IMailSender, NoMailSender>()
        .AddSingleton<ITriggerStore>(new MemoryTriggerStore(definitionStore))
        .AddSingleton(new FileDepot(files, fileIndex, new FileDepotOptions(), clock))
        .AddSingleton(new ArtifactRetention(Store, fileIndex, new FileDepotOptions(), clock))
        .AddSingleton<IKeyStore>(keys)
        .AddSingleton<IQueueStore>(queues)
        .AddSingleton<IResourceEventStore>(resourceEvents)
        .AddSingleton<IAuditStore>(audit)
        .AddSingleton<IWebhookStore>(webhooks)
        .AddSingleton<IWebhookSender>(new SimSender(() => Subscribers, clock, Strictness))
        .AddSingleton<ITrustStore>(trust)
        .AddSingleton(options)
        .AddSingleton<IPeerSilos, SimPeers>()
        .AddSingleton(DispatchInstruments)
        .AddSingleton<ICalendarStore>(calendars)
        .AddSingleton<CalendarBook>()
        .AddSingleton<RefusedWrites>()
        .AddSingleton<LocalDispatchers>()
        .AddSingleton<IRandomness>(random)
        .AddSingleton<ICommandChannel>(static provider =>
            new StreamCommandChannel(
                provider.GetRequiredKeyedService<IStreamProvider>(CommandStream.Provider), provider.GetRequiredService<IGrainFactory>()));
}
