using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Logs;
using OrleansTasks.Settings;
using OrleansTasks.Telemetry;

namespace OrleansTasks.Worker.Hosting;

/// <summary>What a worker logs, and where to.</summary>
internal static class WorkerLog
{
    /// <summary>
    /// One line an event on standard error; its output is for the lines that people and programs wait for. Also to a collector, if the
    /// environment names one: then the services also have the other exporters.
    /// </summary>
    internal static ServiceProvider Create(LogFormat format)
    {
        if (OtlpExport.Fault is { } fault)
            throw new StartRefusedException(fault, StartRefusedException.BadOption);
        var services = new ServiceCollection();
        services.AddLogging(logging => ConsoleLog.Add(logging, format));
        if (OtlpExport.IsOn)
            OtlpExport.Add(services, configuration: null, "orleanstasks-worker", Version);
        return services.BuildServiceProvider();
    }

    private static string Version =>
        typeof(WorkerLog).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
