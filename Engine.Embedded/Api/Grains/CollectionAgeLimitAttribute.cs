using System.Globalization;

namespace Orleans;

/// <summary>How long activations of this class may be idle before they are collected.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class CollectionAgeLimitAttribute : Attribute
{
    /// <summary>The shortest age there is.</summary>
    public static readonly TimeSpan MinAgeLimit = TimeSpan.FromMinutes(1);

    /// <summary>An age to be set by the properties.</summary>
    public CollectionAgeLimitAttribute()
    {
    }

    /// <summary>An age.</summary>
    /// <param name="inactivityPeriod">As TimeSpan's text, <c>00:10:00</c>.</param>
    public CollectionAgeLimitAttribute(string inactivityPeriod)
    {
        var age = TimeSpan.Parse(inactivityPeriod, CultureInfo.InvariantCulture);
        (Days, Hours, Minutes) = (age.Days, age.Hours, age.Minutes + age.Seconds / 60.0);
    }

    /// <summary>Never collect.</summary>
    public bool AlwaysActive { get; set; }

    /// <summary>Days of the age.</summary>
    public double Days { get; set; }

    /// <summary>Hours of the age.</summary>
    public double Hours { get; set; }

    /// <summary>Minutes of the age.</summary>
    public double Minutes { get; set; }

    /// <summary>The age: the properties' sum, at least <see cref="MinAgeLimit"/>.</summary>
    public TimeSpan AgeLimit
    {
        get
        {
            if (AlwaysActive) return TimeSpan.MaxValue;
            var age = TimeSpan.FromDays(Days) + TimeSpan.FromHours(Hours) + TimeSpan.FromMinutes(Minutes);
            return age < MinAgeLimit ? MinAgeLimit : age;
        }
    }
}
