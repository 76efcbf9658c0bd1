using OrleansTasks.Lifetime;

namespace OrleansTasks.Silo.Workers;

/// <summary>Registers a worker in a silo's host.</summary>
public static class LocalWorkerServices
{
    private static readonly TimeSpan TimeToKillAndTell = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Adds a worker that calls the host's silo directly, and extends the host's shutdown timeout so that the worker
    /// can leave.
    /// </summary>
    public static IServiceCollection AddLocalWorker(this IServiceCollection services, LocalWorkerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(options);
        services.AddSingleton<LocalWorker>();
        services.AddHostedService(static provider => provider.GetRequiredService<LocalWorker>());
        services.AddSingleton(provider => new DrainWork(
            options.Drain, () => provider.GetRequiredService<LocalWorker>().LeaveAsync(CancellationToken.None)));
        services.PostConfigure<HostOptions>(host =>
        {
            if (host.ShutdownTimeout < options.Drain + TimeToKillAndTell)
                host.ShutdownTimeout = options.Drain + TimeToKillAndTell;
        });
        return services;
    }
}
