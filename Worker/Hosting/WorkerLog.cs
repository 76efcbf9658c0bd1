using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Logs;
using OrleansTasks.Settings;
using OrleansTasks.Telemetry;
using OrleansTasks.Worker.Agent;

namespace OrleansTasks.Worker.Hosting;

/// <summary>Configures where a worker logs to.</summary>
internal static class WorkerLog
{
    /// <summary>
    /// Logs one line per event to standard error; standard output is for the lines that users and programs wait for.
    /// Also sends logs to a collector if the environment names one; the services then include the other exporters.
    /// </summary>
    internal static ServiceProvider Create(LogFormat format)
    {
        if (OtlpExport.Fault is { } fault)
            throw new StartRefusedException(fault, StartRefusedException.BadOption);
        var services = new ServiceCollection();
        services.AddLogging(logging => ConsoleLog.Add(logging, format));
        if (OtlpExport.IsOn)
            OtlpExport.Add(services, configuration: null, "orleanstasks-worker", AgentOptions.ProgramVersion);
        return services.BuildServiceProvider();
    }
}
