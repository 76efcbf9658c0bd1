using System.Diagnostics.Metrics;
using System.Net;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Bench.Scenarios.Postgres;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.Bench.Scenarios.Costs;

/// <summary>Counts that only the measured process itself can give: allocated bytes, and messages between silos.</summary>
internal static class InProcessCosts
{
    private const int Requests = 2000;
    private const int Tasks = 20_000;
    private const string Messages = "orleans-messaging-sent-messages-size";

    /// <summary>Measures them.</summary>
    public static async Task<IReadOnlyList<Figure>> Measure(int runs)
    {
        var (allocated, messages) = (new double[runs], new double[runs]);
        await using (var service = await InProcessService.Start())
        {
            using var caller = new RawCaller(service.Address, "/tasks", """{"cmd":"touch /tmp/hello-distributed-system"}""");
            Send(caller);
            for (var run = 0; run < runs; run++)
            {
                var before = GC.GetTotalAllocatedBytes(precise: true);
                Send(caller);
                allocated[run] = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Requests;
            }
        }

        using var server = PostgresServer.OnDisk();
        for (var run = 0; run < runs; run++)
            messages[run] = await BetweenSilos(server, $"costs_{run}");
        return
        [
            new Figure("POST, one at a time: allocated", "bytes", allocated, [], null, null, AtLeast: false),
            new Figure("a task's life over 8 queues on two silos: messages between them", "each", messages, [], null, null, AtLeast: false),
        ];
    }

    private static void Send(RawCaller caller)
    {
        for (var i = 0; i < Requests; i++)
            caller.Send();
    }

    private static async Task<double> BetweenSilos(PostgresServer server, string database)
    {
        server.CreateDatabase(database);
        var sent = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, target) =>
        {
            if (instrument.Name == Messages)
                target.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((_, _, _, _) => Interlocked.Increment(ref sent));
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => Interlocked.Increment(ref sent));
        listener.Start();
        await using var first = await InProcessSilo.StartOn(server.ConnectionString(database), new IPEndPoint(IPAddress.Loopback, 0));
        await using var second = await InProcessSilo.StartOn(server.ConnectionString(database), new IPEndPoint(IPAddress.Loopback, 0));
        await DispatcherThroughput.Measure([first, second], PostgresLives.NamesOf(8), SyntheticTasks.New, Tasks);
        Interlocked.Exchange(ref sent, 0);
        await DispatcherThroughput.Measure([first, second], PostgresLives.NamesOf(8), SyntheticTasks.New, Tasks);
        return Interlocked.Read(ref sent) / (double)Tasks;
    }
}
