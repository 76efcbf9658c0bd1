namespace OrleansTasks.Silo.Workers;

/// <summary>Puts a worker into a silo's host.</summary>
public static class LocalWorkerServices
{
    private static readonly TimeSpan TimeToKillAndTell = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Adds a worker that calls the host's silo directly, and gives the host's shutdown the time it needs to leave.
    /// </summary>
    public static IServiceCollection AddLocalWorker(this IServiceCollection services, LocalWorkerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(options);
        services.AddSingleton<LocalWorker>();
        services.AddHostedService(static provider => provider.GetRequiredService<LocalWorker>());
        services.PostConfigure<HostOptions>(host =>
        {
            if (host.ShutdownTimeout < options.Drain + TimeToKillAndTell)
                host.ShutdownTimeout = options.Drain + TimeToKillAndTell;
        });
        return services;
    }
}
