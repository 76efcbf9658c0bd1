using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OrleansTasks.Telemetry;

namespace OrleansTasks.Worker.Hosting;

/// <summary>What a worker logs, and where to.</summary>
internal static class WorkerLog
{
    /// <summary>
    /// One line an event on standard error; its output is for the lines that people and programs wait for. Also to a collector, if the
    /// environment names one: then the services also have the other exporters.
    /// </summary>
    internal static ServiceProvider Create()
    {
        if (OtlpExport.Fault is { } fault)
            throw new WorkerRefusedException(fault, WorkerRefusedException.BadOption);
        var services = new ServiceCollection();
        services.AddLogging(Configure);
        if (OtlpExport.IsOn)
            OtlpExport.Add(services, configuration: null, "orleanstasks-worker", Version);
        return services.BuildServiceProvider();
    }

    private static string Version =>
        typeof(WorkerLog).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    private static void Configure(ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(static console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.UseUtcTimestamp = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(
            static options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
    }
}
