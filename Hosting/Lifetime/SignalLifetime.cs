using System.Runtime.InteropServices;

namespace OrleansTasks.Lifetime;

/// <summary>
/// Ends the service on SIGTERM, SIGINT or SIGHUP: no new work is taken, running tasks may end within the drain time,
/// and then everything stops. A second signal ends the process at once, and its supervisor kills what is left.
/// </summary>
public sealed partial class SignalLifetime(
    IServiceProvider services,
    ServiceState state,
    IHostApplicationLifetime application,
    ILogger<SignalLifetime> log) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> registrations = [];

    /// <inheritdoc />
    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP])
            registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var registration in registrations)
            registration.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (state.Drain())
            _ = DrainAndStop(context.Signal);
        else
            Quit(context.Signal);
    }

    private async Task DrainAndStop(PosixSignal signal)
    {
        // The worker in this process finishes its tasks while the gateway still answers.
        var work = services.GetService<DrainWork>();
        if (work is null)
            LogStopping(signal);
        else
            LogDraining(signal, work.Limit);
        try
        {
            if (work is not null)
                await work.Finish();
        }
        catch (Exception e)
        {
            LogDrainFailed(e);
        }
        finally
        {
            application.StopApplication();
        }
    }

    // 128 plus the signal's number, as a shell reports a process that a signal ended.
    private static void Quit(PosixSignal signal) =>
        Environment.Exit(128 + signal switch { PosixSignal.SIGTERM => 15, PosixSignal.SIGINT => 2, _ => 1 });
}
