namespace OrleansTasks.Simulation.Faults;

/// <summary>What can go wrong. A campaign fails unless each of them happened.</summary>
internal enum FaultKind
{
    /// <summary>Messages are lost for a while.</summary>
    NetworkLoss,

    /// <summary>Messages are late, and so out of order, for a while.</summary>
    NetworkLate,

    /// <summary>Messages that senders may repeat come twice for a while.</summary>
    NetworkDouble,

    /// <summary>Two silos cannot reach each other.</summary>
    SiloCut,

    /// <summary>A worker cannot reach any silo.</summary>
    WorkerCut,

    /// <summary>A silo is killed; the membership finds out later.</summary>
    SiloKill,

    /// <summary>A silo is stopped in order.</summary>
    SiloStop,

    /// <summary>The directory loses a dispatcher: two activations.</summary>
    ForgetDispatcher,

    /// <summary>The directory loses a node's grain.</summary>
    ForgetNode,

    /// <summary>The directory loses the fleet's grain.</summary>
    ForgetFleet,

    /// <summary>A silo's wall clock steps, by up to an hour.</summary>
    SiloClockStep,

    /// <summary>Stream items are lost.</summary>
    StreamLoss,

    /// <summary>Stream items come twice.</summary>
    StreamDouble,

    /// <summary>Stream items come late, and so out of order.</summary>
    StreamLate,

    /// <summary>Streams take no items.</summary>
    StreamFull,

    /// <summary>A commit is refused; nothing is written.</summary>
    StoreFail,

    /// <summary>A commit is written, and nobody knows.</summary>
    StoreUnknownLanded,

    /// <summary>A commit is not written, and nobody knows.</summary>
    StoreUnknownLost,

    /// <summary>Nobody knows of a commit, and it is written later.</summary>
    StoreUnknownLater,

    /// <summary>Commits take long.</summary>
    StoreSlow,

    /// <summary>A commit's answer comes late.</summary>
    StoreLateAnswer,

    /// <summary>The store crashes in the middle of a commit; only what was synced is left.</summary>
    StoreCrash,

    /// <summary>The disk is nearly full.</summary>
    StoreLowSpace,

    /// <summary>An agent is killed; its supervisor kills what it ran and says so.</summary>
    AgentKill,

    /// <summary>A worker's machine loses power.</summary>
    AgentPowerLoss,

    /// <summary>An agent is stopped by SIGSTOP and goes on later; what it runs goes on meanwhile.</summary>
    AgentFreeze,

    /// <summary>An agent shuts down in order.</summary>
    AgentTerm,

    /// <summary>A worker's connection breaks.</summary>
    AgentDisconnect,

    /// <summary>A worker's wall clock steps.</summary>
    AgentClockStep,

    /// <summary>A worker's disk takes no results.</summary>
    SpoolFull,

    /// <summary>The directory loses a job's grain. From here on, kinds are drawn apart: seeds keep their meaning.</summary>
    ForgetJob,

    /// <summary>The users' gateway is killed; another is started at its address.</summary>
    GatewayKill,

    /// <summary>The users' gateway cannot reach any silo.</summary>
    GatewayCut,

    /// <summary>A silo's process stands still for up to a minute; beyond a few seconds the others declare it dead.</summary>
    SiloPause,

    /// <summary>The others declare a living silo dead; it finds out some seconds later and ends itself.</summary>
    SiloDeclaredDead,

    /// <summary>A silo is killed while one of its commits is under way, which lands or does not.</summary>
    SiloKillInCommit,

    /// <summary>All silos are killed at once, now and then with all workers, and new ones are started on the same store.</summary>
    InstallationKill,

    /// <summary>
    /// Nodes' calls to one queue's dispatcher are held up; the dispatcher itself goes on. From here on, kinds are
    /// drawn apart.
    /// </summary>
    QueueHang,

    /// <summary>Nodes' calls to one queue's dispatcher fail at once; the dispatcher itself goes on.</summary>
    QueueRefuse,

    /// <summary>A dispatcher is replaced while its silo stands still; then the silo goes on.</summary>
    FrozenOwner,

    /// <summary>The store answers nothing for a while.</summary>
    StoreSilent,

    /// <summary>A silo gives a queue up because its home is another one: the dispatcher ends, and any silo loads it.</summary>
    DispatcherMove,
}
