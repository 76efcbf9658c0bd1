using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orleans.Timers;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// The reminders of a cluster. They survive its silos. A tick is sent by any silo that runs; one that falls due while
/// none runs, or while the previous tick is still awaited, is left out.
/// </summary>
internal sealed class SimReminders(SimCluster cluster, SimRandom chance, DistantStore store) : IReminderRegistry
{
    private static readonly TimeSpan ShortestPeriod = new ReminderOptions().MinimumReminderPeriod;
    private readonly Dictionary<(GrainId Grain, string Name), Entry> _entries = [];
    private readonly Dictionary<SimSilo, SimProcess> _senders = new(ReferenceEqualityComparer.Instance);
    private long _version;

    /// <summary>Told of every tick that is sent.</summary>
    internal Action<string>? Ticked { get; set; }

    /// <summary>Told of every tick that failed.</summary>
    internal Action<string>? Failed { get; set; }

    public Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.Zero);
        ArgumentException.ThrowIfNullOrEmpty(reminderName);
        if (period < ShortestPeriod)
        {
            throw new ArgumentException(
                $"Reminder '{reminderName}' has a period of {period}; the shortest is {ShortestPeriod}.", nameof(period));
        }

        var first = cluster.Clock.GetUtcNow() + dueTime;
        return store.Ask<IGrainReminder>($"to register {reminderName} of {callingGrainId}", () =>
        {
            var entry = new Entry(callingGrainId, reminderName, first, period, ++_version);
            _entries[(callingGrainId, reminderName)] = entry;
            Await(entry, first);
            return entry;
        });
    }

    public Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder) =>
        store.Ask($"to unregister {reminder.ReminderName} of {callingGrainId}", () =>
        {
            var key = (callingGrainId, reminder.ReminderName);
            if (!_entries.TryGetValue(key, out var known)) return true;
            if (reminder is not Entry given || given.Version != known.Version)
                throw new ReminderException($"Reminder '{reminder.ReminderName}' of {callingGrainId} was registered again meanwhile.");
            return _entries.Remove(key);
        });

    public Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName) => store.Ask<IGrainReminder?>(
        $"to read {reminderName} of {callingGrainId}", () => _entries.GetValueOrDefault((callingGrainId, reminderName)));

    public Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId) => store.Ask<List<IGrainReminder>>(
        $"to read the reminders of {callingGrainId}",
        () => [.. _entries.Values.Where(e => e.Grain == callingGrainId).OrderBy(static e => e.ReminderName, StringComparer.Ordinal)]);

    private void Await(Entry entry, DateTimeOffset due)
    {
        var now = cluster.Clock.GetUtcNow();
        cluster.Clock.Post(due > now ? due - now : TimeSpan.Zero, () => Tick(entry, due));
    }

    private void Tick(Entry entry, DateTimeOffset due)
    {
        if (_entries.GetValueOrDefault((entry.Grain, entry.ReminderName)) != entry) return;
        Await(entry, due + entry.Period);
        SimSilo[] running = [.. cluster.Silos.Where(silo => !silo.IsPaused && cluster.Directory.IsHost(silo.Host))];
        if (running.Length == 0 || entry.Sender is { IsAlive: true }) return;
        var silo = running[chance.Next(running.Length)];
        if (!_senders.TryGetValue(silo, out var sender)) _senders.Add(silo, sender = silo.NewProcess("reminders"));
        entry.Sender = silo;
        sender.Run(() => SendAsync(entry, silo));
    }

    private async Task SendAsync(Entry entry, SimSilo silo)
    {
        Ticked?.Invoke($"{silo.Name} sends {entry.ReminderName} to {entry.Grain}");
        var type = silo.Host.Types.Services.GetRequiredService<GrainInterfaceTypeResolver>().GetGrainInterfaceType(typeof(IRemindable));
        var grain = (IRemindable)silo.Host.References.GetGrain(entry.Grain, type);
        var status = new TickStatus(entry.First.UtcDateTime, entry.Period, silo.Clock.GetUtcNow().UtcDateTime);
        try
        {
            await grain.ReceiveReminder(entry.ReminderName, status);
        }
        catch (Exception failure)
        {
            Failed?.Invoke($"{entry.ReminderName} of {entry.Grain} failed: {failure.Message}");
        }

        entry.Sender = null;
    }

    private sealed class Entry(GrainId grain, string name, DateTimeOffset first, TimeSpan period, long version) : IGrainReminder
    {
        public string ReminderName => name;

        internal GrainId Grain => grain;

        internal DateTimeOffset First => first;

        internal TimeSpan Period => period;

        internal long Version => version;

        /// <summary>The silo that awaits the last tick.</summary>
        internal SimSilo? Sender { get; set; }
    }
}
