using OrleansTasks.Logs;

namespace OrleansTasks.Silo.Hosting;

/// <summary>What the service logs, and where to.</summary>
internal static class ServiceLog
{
    /// <summary>One line an event on standard error; of the web server and of the engine only what goes wrong.</summary>
    public static void Use(ILoggingBuilder logging, LogFormat format)
    {
        ConsoleLog.Add(logging, format);
        logging.AddFilter("Orleans.", LogLevel.Warning);
        // Orleans places grains through it, which it tells twice for each.
        logging.AddFilter("Polly", LogLevel.Warning);
        // The packages tell of each message, and at length of each that they refuse, in its sender's words. The gateway tells what goes
        // wrong in it.
        logging.AddFilter("ModelContextProtocol", LogLevel.None);
        // The packages tell of what workers do wrong. The endpoint tells what goes wrong in it.
        logging.AddFilter("Grpc", LogLevel.None);
        // It logs nothing of a request above Information. While any level is enabled, each request gets an activity and a log scope
        // for that logger; without it, only while somebody listens to activities.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // While a silo is out of reach they tell of every attempt; that it is, and when it is back, is told once elsewhere.
        logging.AddFilter("Orleans.Messaging", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.Messaging", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.ClientClusterManifestProvider", LogLevel.Error);
        // A silo that dies takes the grains of nodes with it. It tells of every attempt to deliver to them until they are
        // elsewhere; what is lost is sent again.
        logging.AddFilter("Orleans.Streams.commands", LogLevel.Critical);
        // It warns of garbage collection for workstations, which is chosen for its smaller memory.
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
        // It takes the first look of a process that has just started for one that took as long as the machine is up.
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
    }
}
