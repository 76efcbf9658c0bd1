namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// The network of a simulated cluster. Every message takes its own time, so messages overtake each other; some are lost, doubled or very
/// late, and places can be cut off from each other.
/// </summary>
internal sealed class SimNetwork
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMicroseconds(50);
    private static readonly TimeSpan LongestWithin = TimeSpan.FromMicroseconds(500);
    private static readonly TimeSpan Retransmission = TimeSpan.FromMilliseconds(300);
    private readonly HashSet<(string From, string To)> _cuts = [];
    private readonly SimCluster _cluster;
    private readonly SimRandom _chance;
    private readonly SimRandom _within;

    internal SimNetwork(SimCluster cluster, SimRandom chance, SimRandom within) =>
        (_cluster, _chance, _within) = (cluster, chance, within);

    /// <summary>The longest way of a message that nothing happens to.</summary>
    public TimeSpan Usual { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>The longest way of a message that is late.</summary>
    public TimeSpan Late { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How many messages are lost, from 0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>How many messages arrive twice, from 0 to 1.</summary>
    public double Doubling { get; set; }

    /// <summary>How many messages are late, from 0 to 1.</summary>
    public double Lateness { get; set; }

    /// <summary>
    /// Whether calls of a grain method may arrive twice, by the method's name. Orleans does not repeat calls by itself; those that their
    /// senders repeat may.
    /// </summary>
    public Func<string, bool> MayDouble { get; set; } = static _ => false;

    /// <summary>Told of everything that goes wrong: "lost", "doubled", "late", "cut".</summary>
    public Action<string>? Happened { get; set; }

    /// <summary>Whether nothing passes between two places.</summary>
    public bool IsCut(string one, string other) => _cuts.Count > 0 && (_cuts.Contains((one, other)) || _cuts.Contains((other, one)));

    /// <summary>Lets nothing pass between two places, until it is healed.</summary>
    public void Cut(string one, string other) => _cuts.Add((one, other));

    /// <summary>Lets everything pass again.</summary>
    public void Heal(string one, string other)
    {
        _cuts.Remove((one, other));
        _cuts.Remove((other, one));
    }

    /// <summary>Sends something from one place to another; it is run on arrival, once, twice, late or never.</summary>
    /// <param name="from">The sender's name.</param>
    /// <param name="to">The receiver's name.</param>
    /// <param name="mayDouble">Whether it may arrive twice.</param>
    /// <param name="arrival">What happens at the receiver.</param>
    public void Send(string from, string to, bool mayDouble, Action arrival)
    {
        if (_chance.Happens(Loss))
        {
            Happened?.Invoke("lost");
            return;
        }

        Carry(from, to, arrival);
        if (!mayDouble || !_chance.Happens(Doubling)) return;
        Happened?.Invoke("doubled");
        Carry(from, to, arrival);
    }

    /// <summary>
    /// Sends something that a connection repeats until it has arrived, as TCP does: it comes once, though it may be late.
    /// </summary>
    /// <param name="from">The sender's name.</param>
    /// <param name="to">The receiver's name.</param>
    /// <param name="arrival">What happens at the receiver.</param>
    public void SendReliably(string from, string to, Action arrival)
    {
        _cluster.Clock.Post(_chance.Between(Shortest, Usual), () =>
        {
            if (!IsCut(from, to) && !_chance.Happens(Loss)) arrival();
            else _cluster.Clock.Post(Retransmission, () => SendReliably(from, to, arrival));
        });
    }

    /// <summary>A message from one silo to another: a call, a stream's item, or an answer.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="arrival">What happens at the receiver.</param>
    /// <param name="method">The grain method that is called; null when it is no call.</param>
    /// <param name="isAnswer">Whether it answers a call.</param>
    internal void Deliver(GrainHost from, GrainHost to, Action arrival, string? method = null, bool isAnswer = false)
    {
        // Nobody answers the dead, even those that do not know it yet.
        if (isAnswer && _cluster.IsDoomed(to)) return;
        if (_chance.Happens(Loss))
        {
            Happened?.Invoke("lost");
            return;
        }

        Carry(from.Name, to.Name, () => Arrive(to, arrival));
        if (method is null || !MayDouble(method) || !_chance.Happens(Doubling)) return;
        Happened?.Invoke("doubled");
        Carry(from.Name, to.Name, () => Arrive(to, arrival));
    }

    /// <summary>A message of a silo to itself. Half of them wait in a queue, where other things pass them.</summary>
    internal void DeliverWithin(GrainHost silo, Action arrival)
    {
        if (_within.Happens(0.5)) arrival();
        else _cluster.Clock.Post(_within.Between(TimeSpan.Zero, LongestWithin), () => Arrive(silo, arrival));
    }

    // A killed silo takes nothing and says nothing; one that stands still takes it later.
    private void Arrive(GrainHost to, Action arrival)
    {
        if (!_cluster.IsKilled(to)) to.Turns.Do(arrival);
    }

    private void Carry(string from, string to, Action arrival)
    {
        var isLate = _chance.Happens(Lateness);
        if (isLate) Happened?.Invoke("late");
        _cluster.Clock.Post(_chance.Between(Shortest, isLate ? Late : Usual), () =>
        {
            if (!IsCut(from, to)) arrival();
            else Happened?.Invoke("cut");
        });
    }
}
