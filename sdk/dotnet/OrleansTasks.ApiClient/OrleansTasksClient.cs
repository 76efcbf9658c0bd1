using System.Text;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient;

/// <summary>
/// The client of a service's HTTP API. It is safe for concurrent use; one client for each service is enough.
/// </summary>
/// <remarks>
/// A call fails with an <see cref="OrleansTasksException"/> if the service refuses it, and with an
/// <see cref="HttpRequestException"/> if the service cannot be reached. Both only after the repeats that
/// <see cref="OrleansTasksClientOptions"/> allows. Calls that create something send an idempotency key, so a repeat
/// after a lost answer creates nothing twice.
/// </remarks>
public sealed class OrleansTasksClient : IDisposable
{
    private readonly HttpClient http;
    private readonly bool isOwner;

    /// <summary>Creates a client for the gateway at an address, with connections of its own.</summary>
    /// <param name="address">The gateway's address, such as <c>http://127.0.0.1:9092</c>.</param>
    /// <param name="key">The key to call with; null for none.</param>
    /// <param name="options">The options; null for the defaults.</param>
    public OrleansTasksClient(Uri address, string? key = null, OrleansTasksClientOptions? options = null)
        : this(NewHttpClient(), Checked(address), key, options) => isOwner = true;

    /// <summary>
    /// Creates a client that calls through an <see cref="HttpClient"/>, which stays the caller's. Its
    /// <see cref="HttpClient.BaseAddress"/> is the gateway's address. Its <see cref="HttpClient.Timeout"/> applies to
    /// uploads too, and must exceed 60 s for waits.
    /// </summary>
    /// <param name="http">The HTTP client.</param>
    /// <param name="key">
    /// The key to call with; null for none, or if <paramref name="http"/> sends one by itself.
    /// </param>
    /// <param name="options">The options; null for the defaults.</param>
    public OrleansTasksClient(HttpClient http, string? key = null, OrleansTasksClientOptions? options = null)
        : this(http, null, key, options)
    {
    }

    private OrleansTasksClient(HttpClient http, Uri? address, string? key, OrleansTasksClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(http);
        this.http = http;
        var gateway = new Gateway(http, address, key, options ?? new OrleansTasksClientOptions());
        Files = new FileCalls(gateway);
        Tasks = new TaskCalls(gateway);
        Jobs = new JobCalls(gateway);
        Queues = new QueueCalls(gateway);
        Schedules = new ScheduleCalls(gateway);
        Workflows = new WorkflowCalls(gateway);
        Definitions = new DefinitionCalls(gateway);
        Triggers = new TriggerCalls(gateway);
        Calendars = new CalendarCalls(gateway);
        Notifications = new NotificationCalls(gateway);
        Events = new EventCalls(gateway);
    }

    /// <summary>Submits, reads and controls tasks.</summary>
    public TaskCalls Tasks { get; }

    /// <summary>Stores and reads files.</summary>
    public FileCalls Files { get; }

    /// <summary>Submits, feeds, reads and controls data jobs.</summary>
    public JobCalls Jobs { get; }

    /// <summary>Reads and changes queues.</summary>
    public QueueCalls Queues { get; }

    /// <summary>Reads and changes schedules.</summary>
    public ScheduleCalls Schedules { get; }

    /// <summary>Submits, reads and controls workflows.</summary>
    public WorkflowCalls Workflows { get; }

    /// <summary>Stores, lists and runs definitions.</summary>
    public DefinitionCalls Definitions { get; }

    /// <summary>Stores, lists and deletes triggers.</summary>
    public TriggerCalls Triggers { get; }

    /// <summary>Stores, lists and deletes calendars.</summary>
    public CalendarCalls Calendars { get; }

    /// <summary>Stores, lists, tests and deletes notifications.</summary>
    public NotificationCalls Notifications { get; }

    /// <summary>Follows what happens.</summary>
    public EventCalls Events { get; }

    /// <summary>Closes the connections, unless the client was given an <see cref="HttpClient"/>.</summary>
    public void Dispose()
    {
        if (isOwner)
            http.Dispose();
    }

    private static Uri Checked(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address is { IsAbsoluteUri: true, Scheme: "http" or "https" }
            ? address
            : throw new ArgumentException($"'{address}' is not an address such as http://127.0.0.1:9092.", nameof(address));
    }

    private static HttpClient NewHttpClient() => new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // Long enough to keep connections, short enough to notice that an address has moved.
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
    })
    {
        // Uploads take as long as they take; the gateway limits each wait.
        Timeout = Timeout.InfiniteTimeSpan,
    };
}
