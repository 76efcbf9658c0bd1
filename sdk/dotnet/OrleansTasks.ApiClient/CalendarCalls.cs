using System.Text.Json;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient;

/// <summary>Stores, lists and deletes calendars, which schedules and blackouts of queues follow.</summary>
public sealed class CalendarCalls
{
    private const string Root = "/api/v1/calendars";
    private readonly Gateway gateway;

    internal CalendarCalls(Gateway gateway) => this.gateway = gateway;

    /// <summary>Creates or replaces a calendar. Schedules and queues that use it follow at once.</summary>
    /// <param name="name">The name.</param>
    /// <param name="calendar">The body of the call, as JSON.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public Task<CalendarDetails> PutAsync(
        string name, JsonElement calendar, CancellationToken cancellation = default) =>
        gateway.PutAsync(
            PathOf(name), calendar, ApiJson.Default.JsonElement, ApiJson.Default.CalendarDetails, cancellation);

    /// <summary>Gets a calendar with its next times.</summary>
    public Task<CalendarDetails> GetAsync(string name, CancellationToken cancellation = default) =>
        gateway.GetAsync(PathOf(name), ApiJson.Default.CalendarDetails, cancellation);

    /// <summary>Lists the calendars by name.</summary>
    public async Task<IReadOnlyList<CalendarDetails>> ListAsync(CancellationToken cancellation = default) =>
        (await gateway.GetAsync(Root, ApiJson.Default.PageCalendarDetails, cancellation).ConfigureAwait(false)).Items;

    /// <summary>
    /// Deletes a calendar. Throws <see cref="OrleansTasksException"/> with the code <c>calendar-in-use</c> if a
    /// schedule or queue uses it.
    /// </summary>
    public Task DeleteAsync(string name, CancellationToken cancellation = default) =>
        gateway.DeleteAsync(PathOf(name), cancellation);

    private static string PathOf(string name) => $"{Root}/{PathSegment.Of(name)}";
}
