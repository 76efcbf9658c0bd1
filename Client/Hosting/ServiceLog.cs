using Microsoft.Extensions.Logging.Console;

namespace OrleansTasks.Client.Hosting;

/// <summary>What the service logs, and where to.</summary>
internal static class ServiceLog
{
    /// <summary>One line an event on standard error; of the web server and of the engine only what goes wrong.</summary>
    public static void Use(ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.UseUtcTimestamp = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Orleans.", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
    }
}
