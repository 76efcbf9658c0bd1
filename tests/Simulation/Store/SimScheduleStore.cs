using OrleansTasks.Schedules;
using OrleansTasks.Storage;

namespace OrleansTasks.Simulation.Store;

/// <summary>The schedules of a simulated store. A read takes time, and reads what is there at its end.</summary>
internal sealed class SimScheduleStore(Func<Task<IScheduleStore>> reading) : IScheduleStore
{
    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredSchedule>> Load(int queueNo, long after, int limit) =>
        await (await reading()).Load(queueNo, after, limit);

    /// <inheritdoc/>
    public async Task<ImmutableArray<OccurrenceRow>> LoadOpen(int queueNo, long after, int limit) =>
        await (await reading()).LoadOpen(queueNo, after, limit);

    /// <inheritdoc/>
    public async Task<ImmutableArray<long>> StartedTimes(string id, long from, long to) =>
        await (await reading()).StartedTimes(id, from, to);

    /// <inheritdoc/>
    public async Task<ImmutableArray<(string Id, FolderProblem Problem)>> FolderProblems(int limit) =>
        await (await reading()).FolderProblems(limit);

    /// <inheritdoc/>
    public async Task<ImmutableArray<string>> Queues() => await (await reading()).Queues();

    /// <inheritdoc/>
    public async Task<StoredSchedule?> Get(string id) => await (await reading()).Get(id);

    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredSchedule>> List(string? queue, bool? paused, string? after, int limit) =>
        await (await reading()).List(queue, paused, after, limit);

    /// <inheritdoc/>
    public async Task<ImmutableArray<OccurrenceRow>> Occurrences(
        string id, OccurrenceOutcome? outcome, (long At, long No)? before, int limit) =>
        await (await reading()).Occurrences(id, outcome, before, limit);
}
