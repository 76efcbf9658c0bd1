namespace OrleansTasks.Nodes;

/// <summary>
/// Counts the slots of one node session (from one registration of the worker to the next). A slot is room for one
/// attempt at a task: reserved while the dispatcher of a queue may be using it, else free.
/// <c>Free + Reserved = Slots</c>. The <see cref="SlotAccount"/> of each queue reports every change of its
/// reservation here, so that the sum over all accounts is known without a search. <see cref="SlotLedger"/>,
/// <see cref="ReclaimRule"/> and <see cref="SlotAccounts"/> read the totals.
/// </summary>
/// <param name="slots">The number of slots at the start; at first none is reserved.</param>
internal sealed class SlotTally(int slots)
{
    /// <summary>The number of slots that the node has, including slots for tasks that are sent ahead.</summary>
    public int Slots { get; private set; } = slots;

    /// <summary>The number of slots that are reserved for queues.</summary>
    public int Reserved { get; private set; }

    /// <summary>
    /// The number of slots that are not reserved. Negative when the worker brought more attempts from an earlier
    /// session than it has slots, or <see cref="Resize"/> removed reserved slots; the surplus is then reclaimed.
    /// </summary>
    public int Free => Slots - Reserved;

    /// <summary>
    /// An upper bound of the number of leases that have existed at one time in the session: the largest value that
    /// <see cref="Slots"/> or <see cref="Reserved"/> has had. Only the simulator's checks read it.
    /// </summary>
    public int MostLeases { get; private set; } = slots;

    /// <summary>Changes the number of slots. Reservations stay, so <see cref="Free"/> may become negative.</summary>
    public void Resize(int newSlots)
    {
        Slots = newSlots;
        NoteMost();
    }

    /// <summary>Adds <paramref name="by"/> to the number of reserved slots; negative to subtract.</summary>
    public void Change(int by)
    {
        Reserved += by;
        NoteMost();
    }

    private void NoteMost() => MostLeases = Math.Max(MostLeases, Math.Max(Slots, Reserved));
}
