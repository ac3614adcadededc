using Fabrique.Identity.V1;
using Fabrique.Practices.V1;

namespace Fabrique.Practices;

/// <summary>What the delegation of a practice is told by mail. It reads on its own pages what was said.</summary>
internal static class PracticeNotices
{
    /// <param name="practice">What it is about.</param>
    /// <param name="topic">What happened.</param>
    /// <param name="path">Where one goes on.</param>
    /// <param name="actor">Whoever did it, as tokens name people; empty for nobody.</param>
    public static NotifyRequest Notice(this Practice practice, NoticeTopic topic, string path, string actor = "") =>
        new()
        {
            Topic = topic,
            Audience = NoticeAudience.Delegation,
            Territory = practice.Territory,
            Subject = practice.Id,
            Title = practice.Title.Length > 0 ? practice.Title : practice.Id,
            Path = path,
            ExceptPerson = actor,
        };
}
