namespace OrleansTasks.Cluster.Link;

/// <summary>
/// Orleans' clock: it starts at the wall clock's time and then counts elapsed time, so it never goes back. Orleans keeps
/// times at which something is due. If its clock went back by 20 minutes, it could activate no grain until the clock had caught
/// up, and its timers, which renew a silo's sign of life, would be late by as much. Grains and services get the host's
/// <see cref="TimeProvider"/>, whose time follows the wall clock.
/// </summary>
internal sealed class OrleansTime(TimeProvider host) : TimeProvider
{
    private readonly DateTimeOffset began = host.GetUtcNow();
    private readonly long beganAt = host.GetTimestamp();

    /// <inheritdoc/>
    public override long TimestampFrequency => host.TimestampFrequency;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => host.LocalTimeZone;

    /// <summary>Gives Orleans this clock. To be called before Orleans is added, which adds a clock only if there is none.</summary>
    public static void Use(IServiceCollection services) => services.AddKeyedSingleton<TimeProvider>(
        KeyedService.AnyKey, static (provider, _) => new OrleansTime(provider.GetRequiredService<TimeProvider>()));

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => began + host.GetElapsedTime(beganAt);

    /// <inheritdoc/>
    public override long GetTimestamp() => host.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        host.CreateTimer(callback, state, dueTime, period);
}
