using OrleansTasks.Nodes;
using OrleansTasks.Resources;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// A node as the dispatcher of one queue sees it. In memory only: after a restart, the dispatcher at first knows only
/// the stored leases. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// Messages from the worker, the node's grain and the fleet arrive in any order, and any of them may be the first to
/// name a new session. The node then gets no work until the fleet has described it and its grain has granted slots in
/// that session. After every change to an input of <see cref="NodeRoom.IsFree"/> or <see cref="LoadRank.Of"/>, the caller must
/// call <see cref="NodeRanks.Update"/>; otherwise <see cref="Matching"/> skips the node or overfills it.
/// </remarks>
internal sealed class DispatchNode
{
    private const int RememberedAnswers = 256;

    // Caches the answers of Meets for the current description. Cleared when full, because it may hold signatures that
    // no longer have tasks.
    private readonly Dictionary<Signature, bool> meets = [];

    // The latest description, which may be of an earlier session.
    private FleetNode? latest;

    // With more rooms than this, idle ones are forgotten: tasks may ask for ever new amounts.
    private const int ManyRooms = 64;

    // The highest version that a forgotten room has seen. A late offer must not begin such a room anew.
    private long forgottenVersion;

    // The rooms for leases with resources, by these; null before the first.
    private Dictionary<ResourceVector, NodeRoom>? shaped;

    public DispatchNode(string id) => (Id, Plain) = (id, new NodeRoom(this, ResourceVector.None));

    public string Id { get; }

    /// <summary>The fleet's description of the node; null if the latest one is of another session.</summary>
    public FleetNode? Fleet => latest?.Session == Session ? latest : null;

    /// <summary>Whether the node takes new work in its current session, as far as the fleet knows.</summary>
    public bool Accepts => Fleet is { Accepts: true, Slots: > 0 };

    public int Slots => Fleet?.Slots ?? 0;

    /// <summary>The newest session named by any message or stored lease; numbered from 1, 0 before the first.</summary>
    public long Session { get; private set; }

    /// <summary>
    /// The latest session that the queue gave up because a lease lapsed in it. The worker must register again.
    /// </summary>
    public long SessionOver { get; set; }

    /// <summary>
    /// Whether the current session is given up, so that it gets no work. True before the first session.
    /// </summary>
    public bool IsSessionOver => Session == SessionOver;

    /// <summary>
    /// The latest session in which the worker has shown this activation everything that it holds, by a list or a
    /// matching digest; 0 for none. Before that, the worker may hold attempts of earlier sessions or owners, which must
    /// not be renewed unseen.
    /// </summary>
    public long ListedIn { get; set; }

    /// <summary>The leases of this queue that the node holds, including those of earlier sessions.</summary>
    public NodeHold Hold { get; } = new();

    /// <summary>The room for leases without resources.</summary>
    public NodeRoom Plain { get; }

    /// <summary>The rooms for leases with resources.</summary>
    public IReadOnlyCollection<NodeRoom> Shaped => shaped?.Values ?? (IReadOnlyCollection<NodeRoom>)[];

    /// <summary>Whether there is a room for leases with resources.</summary>
    public bool HasShaped => shaped is not null;

    /// <summary>The grant for leases without resources.</summary>
    public NodeGrant Grant => Plain.Grant;

    public NodeRest Rest { get; } = new();

    public NodeInquiry Inquiry { get; } = new();

    /// <summary>When the node last became free of this queue's leases; 0 at first.</summary>
    public long IdleSince { get; set; }

    /// <summary>
    /// When a complete snapshot first lacked the node after the fleet last described it; 0 if none has.
    /// </summary>
    public long AbsentSince { get; set; }

    /// <summary>Whether the node may get work, if a room is free.</summary>
    public bool IsUsable => !IsSessionOver && Fleet is { Accepts: true } && Rest.Allows;

    /// <summary>Whether one more task without resources fits.</summary>
    public bool HasRoom => Plain.IsFree;

    /// <summary>Makes the next demands for slots of this node due at once.</summary>
    public void ForgetDemands()
    {
        Grant.Forget();
        foreach (var room in Shaped)
            room.Grant.Forget();
    }

    /// <summary>Gets or adds the room for leases with these resources.</summary>
    public NodeRoom RoomOf(ResourceVector shape)
    {
        if (shape.IsEmpty)
            return Plain;
        shaped ??= [];
        if (!shaped.TryGetValue(shape, out var room))
        {
            if (shaped.Count >= ManyRooms)
                ForgetIdleRooms();
            shaped.Add(shape, room = new NodeRoom(this, shape, forgottenVersion));
        }

        return room;
    }

    /// <summary>
    /// Applies a description by the fleet and enters its session, unless that session is an older one.
    /// </summary>
    public void Describe(FleetNode description)
    {
        if (description.Session < Session)
            return;
        latest = description;
        meets.Clear();
        EnterSession(description.Session);
    }

    /// <summary>Enters a session if it is newer. The leases stay for the rest of their terms.</summary>
    public void EnterSession(long session)
    {
        if (session <= Session)
            return;
        Session = session;
        Hold.EndTerm();
        forgottenVersion = 0;
        Grant.Void();
        foreach (var room in Shaped)
            room.Grant.Void();
        Rest.Clear();
    }

    public void ClockStepped(long by)
    {
        // IdleSince is compared only with that of other nodes, which moves by the same amount, so even 0 may move.
        IdleSince += by;
        if (AbsentSince != 0)
            AbsentSince += by;
        Hold.ClockStepped(by);
        Grant.ClockStepped(by);
        foreach (var room in Shaped)
            room.Grant.ClockStepped(by);
        Rest.ClockStepped(by);
        Inquiry.ClockStepped(by);
    }

    /// <summary>Stops new work until the fleet, which no longer lists the node, describes it again.</summary>
    public void Withdraw()
    {
        if (latest is not null)
            latest = latest with { Accepts = false };
    }

    /// <summary>Forgets which signatures it meets, because what they need has changed.</summary>
    public void ForgetAnswers() => meets.Clear();

    /// <summary>
    /// Returns whether the node has what the signature requires, apart from room. False if not described.
    /// </summary>
    public bool Meets(Signature signature)
    {
        if (Fleet is not { } description)
            return false;
        if (signature.AsksNothing)
            return !description.TakesHandlersOnly;
        if (meets.TryGetValue(signature, out var answer))
            return answer;
        if (meets.Count == RememberedAnswers)
            meets.Clear();
        return meets[signature] = signature.IsMetBy(description);
    }

    /// <summary>
    /// Returns whether a task of the signature may begin here now if there is room: the node meets the signature, and
    /// the task ends before a larger one that the node keeps resources for starts.
    /// </summary>
    public bool Takes(Signature signature, long now) =>
        Meets(signature) && (signature.Shape.IsEmpty || RoomOf(signature.Shape).Grant.Allows(signature.Lasts, now));

    private void ForgetIdleRooms()
    {
        foreach (var room in shaped!.Values.Where(static room => room is { IsIdle: true, Rank: null }).ToArray())
        {
            forgottenVersion = Math.Max(forgottenVersion, room.Grant.Version);
            shaped.Remove(room.Shape);
        }
    }
}
