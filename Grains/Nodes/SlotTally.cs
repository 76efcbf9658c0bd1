using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// Counts the slots of a node session: <c>Free + Reserved = Slots</c>. Each <see cref="SlotAccount"/> reports its
/// changes here, so the sum needs no search. Of the resources that the node offers, it counts what is reserved as well.
/// </summary>
internal sealed class SlotTally(int slots, ResourceVector offered)
{
    // Negative where the worker brought attempts with more than it offers now.
    private readonly Dictionary<string, long> freeResources = offered.Amounts.ToDictionary(
        static one => one.Name, static one => one.Amount, StringComparer.Ordinal);

    // How much of a resource was reserved when the worker last brought an attempt into the session.
    private readonly Dictionary<string, long> brought = new(StringComparer.Ordinal);

    /// <summary>What the node offers besides slots.</summary>
    public ResourceVector Offered { get; } = offered;

    /// <summary>What the node keeps for an account that has waited long; null for nothing.</summary>
    public Reservation? Reservation { get; set; }

    /// <summary>The account for which the node keeps what becomes free; null for none.</summary>
    public SlotAccount? Reserving => Reservation?.Holder;

    /// <summary>Number of slots, including those for tasks that are sent ahead.</summary>
    public int Slots { get; private set; } = slots;

    public int Reserved { get; private set; }

    /// <summary>Free slots; negative if the worker brought too many attempts, or after <see cref="Resize"/>.</summary>
    public int Free => Slots - Reserved;

    /// <summary>An upper bound on the leases at any one time; read by the simulator's checks.</summary>
    public int MostLeases { get; private set; } = slots;

    public void Resize(int newSlots)
    {
        Slots = newSlots;
        NoteMost();
    }

    public void Change(int by, ResourceVector shape)
    {
        Reserved += by;
        foreach (var one in shape.Amounts)
            freeResources[one.Name] = freeResources.GetValueOrDefault(one.Name) - (by * one.Amount);
        NoteMost();
    }

    /// <summary>Returns how much of a resource is free; negative if more is reserved than the node offers.</summary>
    public long FreeOf(string resource) => freeResources.GetValueOrDefault(resource);

    /// <summary>
    /// Returns the maximum of a resource that may be reserved: what the node offers, or what was reserved when the
    /// worker last brought an attempt, if that was more. A worker brings an attempt whose lease has lapsed until its
    /// end is stored, and other attempts may have started in its place. Read by the simulator's checks.
    /// </summary>
    public long MostOf(string resource) => Math.Max(Offered[resource], brought.GetValueOrDefault(resource));

    /// <summary>Notes what is reserved now that the worker has brought an attempt with these resources.</summary>
    public void NoteBrought(ResourceVector shape)
    {
        foreach (var one in shape.Amounts)
            brought[one.Name] = Offered[one.Name] - FreeOf(one.Name);
    }

    /// <summary>Returns whether an account could get one more lease with its resources.</summary>
    public bool Fits(SlotAccount account, long now)
    {
        if (account.Shape.IsEmpty)
            return true;
        if (Reservation?.LetsPass(account, now) == false)
            return false;
        foreach (var one in account.Shape.Amounts)
        {
            if (one.Amount > FreeOf(one.Name))
                return false;
        }

        return true;
    }

    private void NoteMost() => MostLeases = Math.Max(MostLeases, Math.Max(Slots, Reserved));
}
