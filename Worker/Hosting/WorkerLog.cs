using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OrleansTasks.Telemetry;

namespace OrleansTasks.Worker.Hosting;

/// <summary>Configures where a worker logs to.</summary>
internal static class WorkerLog
{
    /// <summary>
    /// Logs one line per event to standard error; standard output is for the lines that users and programs wait for.
    /// Also sends logs to a collector if the environment names one; the services then include the other exporters.
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
