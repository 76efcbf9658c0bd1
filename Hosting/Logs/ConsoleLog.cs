using Microsoft.Extensions.Logging.Console;
using OrleansTasks.Settings;

namespace OrleansTasks.Logs;

/// <summary>How a program writes its log.</summary>
public enum LogFormat
{
    /// <summary>One line of text an entry.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}

/// <summary>
/// Writes log entries to standard error; standard output has the lines that users and programs wait for.
/// </summary>
public static class ConsoleLog
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";

    /// <summary>Creates the option <c>--log-format</c>.</summary>
    public static ValueOption<LogFormat> MakeOption() => new(
        "--log-format", "FORMAT", "format of log entries: text, or json with one object per line", "text", "text or json",
        static text => text switch
        {
            "text" => new(LogFormat.Text),
            "json" => new(LogFormat.Json),
            _ => null,
        });

    /// <summary>Adds the log, with entries from Information on, and from Warning on of .NET's own.</summary>
    public static void Add(ILoggingBuilder logging, LogFormat format)
    {
        ArgumentNullException.ThrowIfNull(logging);
        if (format == LogFormat.Json)
        {
            logging.AddJsonConsole(static console => (console.TimestampFormat, console.UseUtcTimestamp) = (TimeFormat.TrimEnd(), true));
        }
        else
        {
            logging.AddSimpleConsole(static console =>
            {
                (console.TimestampFormat, console.UseUtcTimestamp) = (TimeFormat, true);
                (console.SingleLine, console.ColorBehavior) = (true, LoggerColorBehavior.Disabled);
            });
        }

        logging.Services.Configure<ConsoleLoggerOptions>(static options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
    }
}
