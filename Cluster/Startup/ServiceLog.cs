using OrleansTasks.Logs;

namespace OrleansTasks.Cluster.Startup;

/// <summary>Configures the service's logs.</summary>
public static class ServiceLog
{
    /// <summary>
    /// Logs each event as a line on standard error. Of the web server and the engine, only problems are logged.
    /// </summary>
    public static void Use(ILoggingBuilder logging, LogFormat format)
    {
        ConsoleLog.Add(logging, format);
        logging.AddFilter("Orleans.", LogLevel.Warning);
        // Orleans uses it to place grains, and it logs twice for each.
        logging.AddFilter("Polly", LogLevel.Warning);
        // The packages log each message, and each refused one at length in its sender's words. The gateway logs its own
        // failures.
        logging.AddFilter("ModelContextProtocol", LogLevel.None);
        // The packages log the errors of workers. The endpoint logs its own failures.
        logging.AddFilter("Grpc", LogLevel.None);
        // It logs nothing about requests above Information. While any level is enabled, each request gets an activity
        // and a log scope for this logger; otherwise only while activities have a listener.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // It logs a caller that resets its streams too fast twenty times for each connection, and any caller can do that.
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.Http2", LogLevel.None);
        // While a silo is unreachable, these log every attempt. The loss and the return are logged once elsewhere.
        logging.AddFilter("Orleans.Messaging", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.Messaging", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.ClientClusterManifestProvider", LogLevel.Error);
        // It logs each failed handshake with its stack. OrleansClusterTls logs the reason, once.
        logging.AddFilter("Orleans.Connections.Security", LogLevel.None);
        // A dead silo's node grains are activated elsewhere. Until then this logs every attempt to deliver to them;
        // lost commands are sent again.
        logging.AddFilter("Orleans.Streams.commands", LogLevel.Critical);
        // It warns about workstation garbage collection, which is chosen for its smaller memory use.
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
        // It logs a failed start with its stack, and rethrows. The program then prints a refusal as one line.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // It mistakes the first check of a new process for one that has been delayed since the machine booted.
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
    }
}
